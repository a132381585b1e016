import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCommand } from "../support/command.ts";

describe("codex-api emulator", () => {
  it("says that a port is taken, and how to choose another", async () => {
    const taken = createServer();
    onTestFinished(() => void taken.close());
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const port = String((taken.address() as { port: number }).port);
    const { status, stderr } = await runCommand(["emulator", "--port", port]);
    expect(stderr).toBe(`codex-api: port ${port} cannot be listened on (EADDRINUSE); choose another with --port\n`);
    expect(status).toBe(2);
  });

  it("says that its CA certificate cannot be written", async () => {
    const { status, stderr } = await runCommand(["emulator", "--tls", "--ca-out", "/nowhere/ca.pem"]);
    expect(stderr).toBe("codex-api: /nowhere/ca.pem cannot be written: ENOENT\n");
    expect(status).toBe(2);
  });
});
