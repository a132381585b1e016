import { describe, expect, it } from "vitest";
import type { EmulatorOptions } from "../../src/emulator/index.ts";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";

async function respondOver(options: EmulatorOptions, args: readonly string[] = [], carrier = "websocket") {
  const emulator = await emulate(options);
  const finished = await runCommand(
    ["respond", "--carrier", carrier, "--base-url", emulator.url, ...args, "repeat: hi"],
    { env: { OPENAI_API_KEY: "sk-secret-1234567890" } },
  );
  const kinds = emulator.requests.map(({ kind }) => kind);
  return { emulator, kinds, ...finished };
}

describe("respond --carrier websocket", () => {
  it("asks over one WebSocket, closes it, and says no HTTP request", async () => {
    const { emulator, kinds, status, stdout } = await respondOver({}, ["--conversation-id", "c1"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "hi\n" });
    expect(kinds).toEqual(["handshake", "frame"]);
    expect(emulator.requests[0]?.headers).toMatchObject({
      session_id: "c1",
      authorization: "Bearer sk-secret-1234567890",
    });
    await emulator.waitForClosedWebSockets(1);
  });

  it("a refused handshake is the API's refusal: status 3", async () => {
    const { status, stderr } = await respondOver({ websockets: false });
    expect(status).toBe(3);
    expect(stderr).toMatch(/426/);
    expect(stderr).not.toContain("sk-secret");
  });

  it("a connection that breaks: status 4, with --json the error is the last line", async () => {
    const { status, lines } = await respondOver({ script: [{ terminateAfterEvents: 1 }] }, ["--json"]);
    expect(status).toBe(4);
    expect(lines().at(-1)).toMatchObject({
      type: "error",
      error: { kind: "stream", message: "stream closed before response.completed" },
    });
  });
});

describe("respond --carrier auto", () => {
  it("asks over a WebSocket where the provider has them", async () => {
    const { kinds, status, stdout, stderr } = await respondOver({}, [], "auto");
    expect({ kinds, status, stdout, stderr }).toEqual({
      kinds: ["handshake", "frame"],
      status: 0,
      stdout: "hi\n",
      stderr: "",
    });
  });

  it("asks over HTTP, and says so, where none opens", async () => {
    const { kinds, status, stdout, stderr } = await respondOver({ websockets: false }, [], "auto");
    expect({ kinds, status, stdout }).toEqual({ kinds: ["handshake", "http"], status: 0, stdout: "hi\n" });
    expect(stderr).toMatch(/^warn: the WebSocket failed; HTTP is used from now on .*426/);
  });

  it("asks over HTTP where the provider has none", async () => {
    const { kinds, status } = await respondOver({}, ["--provider", "ollama"], "auto");
    expect({ kinds, status }).toEqual({ kinds: ["http"], status: 0 });
  });

  it("asks nobody else where the key is refused", async () => {
    const { kinds, status } = await respondOver({ requireAuth: "another" }, [], "auto");
    expect({ kinds, status }).toEqual({ kinds: ["handshake"], status: 3 });
  });

  it("sends a request file as it is", async () => {
    const emulator = await emulate({ unknownParameters: "accept" });
    const args = ["respond", "--carrier", "auto", "--base-url", emulator.url, "--request", "-"];
    const { stdout } = await runCommand(args, { input: '{"input":"repeat: file","model":"m","odd":1}' });
    expect(stdout).toBe("file\n");
    expect(emulator.requests[1]?.json).toEqual({
      type: "response.create",
      input: "repeat: file",
      model: "m",
      odd: 1,
      stream: true,
    });
  });
});
