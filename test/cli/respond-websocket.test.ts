import { describe, expect, it } from "vitest";
import type { EmulatorOptions } from "../../src/emulator/index.ts";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";

async function respondOver(options: EmulatorOptions, args: readonly string[] = []) {
  const emulator = await emulate(options);
  const finished = await runCommand(
    ["respond", "--transport", "websocket", "--base-url", emulator.url, ...args, "repeat: hi"],
    { env: { OPENAI_API_KEY: "sk-secret-1234567890" } },
  );
  return { emulator, ...finished };
}

describe("respond --transport websocket", () => {
  it("asks over one WebSocket, closes it, and says no HTTP request", async () => {
    const { emulator, status, stdout } = await respondOver({}, ["--conversation-id", "c1"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "hi\n" });
    expect(emulator.requests.map(({ kind }) => kind)).toEqual(["handshake", "frame"]);
    expect(emulator.requests[0]?.headers).toMatchObject({
      session_id: "c1",
      authorization: "Bearer sk-secret-1234567890",
    });
    await emulator.waitForClosedWebsockets(1);
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
