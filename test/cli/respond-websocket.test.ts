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
  it("uses one WebSocket, closes it, and sends no HTTP request", async () => {
    const { emulator, kinds, status, stdout } = await respondOver({}, ["--conversation-id", "c1"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "hi\n" });
    expect(kinds).toEqual(["handshake", "frame"]);
    expect(emulator.requests[0]?.headers).toMatchObject({
      session_id: "c1",
      authorization: "Bearer sk-secret-1234567890",
    });
    await emulator.waitForClosedWebSockets(1);
  });

  it("exits with 3, the API's refusal, when the handshake is refused", async () => {
    const { status, stderr } = await respondOver({ websockets: false });
    expect(status).toBe(3);
    expect(stderr).toMatch(/426/);
    expect(stderr).not.toContain("sk-secret");
  });

  it("exits with 4 when the connection breaks, with the error as the last line of --json", async () => {
    const { status, lines } = await respondOver({ script: [{ terminateAfterEvents: 1 }] }, ["--json"]);
    expect(status).toBe(4);
    expect(lines().at(-1)).toMatchObject({
      type: "error",
      error: { kind: "stream", message: "stream closed before response.completed" },
    });
  });
});

describe("respond --carrier auto", () => {
  it("uses a WebSocket if the provider supports it", async () => {
    const { kinds, status, stdout, stderr } = await respondOver({}, [], "auto");
    expect({ kinds, status, stdout, stderr }).toEqual({
      kinds: ["handshake", "frame"],
      status: 0,
      stdout: "hi\n",
      stderr: "",
    });
  });

  it("uses HTTP, and says so, if no WebSocket can be opened", async () => {
    const { kinds, status, stdout, stderr } = await respondOver({ websockets: false }, [], "auto");
    expect({ kinds, status, stdout }).toEqual({ kinds: ["handshake", "http"], status: 0, stdout: "hi\n" });
    expect(stderr).toMatch(/^warn: the WebSocket failed; HTTP is used from now on .*426/);
  });

  it("uses HTTP if the provider supports no WebSocket", async () => {
    const { kinds, status } = await respondOver({}, ["--provider", "ollama"], "auto");
    expect({ kinds, status }).toEqual({ kinds: ["http"], status: 0 });
  });

  it("does not fall back to HTTP when the key is refused", async () => {
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
