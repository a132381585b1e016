import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";

describe("responses in the background", () => {
  it("survive a broken connection, and say so on standard error", async () => {
    const emulator = await emulate({
      script: ({ method }) => (method === "POST" ? { resetAfterEvents: 6 } : undefined),
    });
    const { status, stdout, stderr } = await runCommand([
      ...["respond", "--background", "--base-url", emulator.url, "count to 5"],
    ]);
    expect(stderr).toMatch(/the response is resumed where it broke/);
    expect([status, stdout]).toEqual([0, "1, 2, 3, 4, 5\n"]);
    expect(emulator.requests[0]?.json).toMatchObject({ background: true, store: true, stream: true });
  });

  it("continue when the command is interrupted, which prints how to resume them", async () => {
    const emulator = await emulate({ pace: { delayMsPerWord: 50 } });
    const service = ["--base-url", emulator.url];
    const left = await runCommand(["respond", "--background", ...service, "count to 30"], {
      onStart: (child) => child.stdout?.once("data", () => child.kill("SIGINT")),
    });
    expect(left.status).toBe(130);
    const [, id = "", after = ""] = /codex-wire resume (resp_\w+) --after (\d+)/.exec(left.stderr) ?? [];
    const rest = await runCommand(["resume", id, "--after", after, ...service]);
    expect(rest.status).toBe(0);
    expect(left.stdout.trimEnd() + rest.stdout.trimEnd()).toBe(
      Array.from({ length: 30 }, (_, index) => index + 1).join(", "),
    );
  });

  it("can be retrieved, listed, cancelled and deleted, and are gone after that", async () => {
    const emulator = await emulate();
    const service = ["--base-url", emulator.url];
    const respond = await runCommand(["respond", "--background", "--json", ...service, "17*23"]);
    const id = String(respond.lines().at(-1)?.responseId);
    expect((await runCommand(["responses", "get", id, ...service])).stdout).toBe("17*23 = 391\n");
    const whole = await runCommand(["responses", "get", id, "--json", ...service]);
    expect(whole.lines()[0]).toMatchObject({ object: "response", id, status: "completed" });
    const items = await runCommand(["responses", "items", id, ...service]);
    expect(items.lines()).toMatchObject([{ type: "message", role: "user" }]);
    expect((await runCommand(["responses", "cancel", id, ...service])).status).toBe(0);
    expect((await runCommand(["responses", "delete", id, ...service])).stdout).toBe(`${id} is deleted\n`);
    const gone = await runCommand(["responses", "get", id, "--json", ...service]);
    expect(gone.status).toBe(3);
    expect(gone.lines().at(-1)).toMatchObject({ type: "error", error: { kind: "response_gone", responseId: id } });
  }, 30_000);

  it("need a known action and an id", async () => {
    const wrong = await runCommand(["responses", "show", "resp_1"]);
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringMatching(/no action "show"; it has get, cancel/)]);
    expect((await runCommand(["responses", "get"])).status).toBe(2);
    expect((await runCommand(["resume"])).status).toBe(2);
    expect((await runCommand(["responses", "--help"])).stdout).toMatch(/usage: codex-wire responses ACTION ID/);
  });
});
