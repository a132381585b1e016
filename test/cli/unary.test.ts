import { describe, expect, it } from "vitest";
import { fallbackModelInfo } from "../../src/api/endpoints/models/info.ts";
import { modelsTable } from "../../src/cli/commands/models.ts";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";

const history = {
  model: "m",
  input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
};
const recorded = { model: "m", traces: [{ id: "t", metadata: { source_path: "a.jsonl" }, items: [] }] };

describe("compact", () => {
  it("prints the items to continue with, as one line with --json", async () => {
    const emulator = await emulate();
    const args = ["compact", "--base-url", emulator.url, "--request", "-", "--conversation-id", "c1"];
    const pretty = await runCommand(args, { input: JSON.stringify(history) });
    expect(pretty.status).toBe(0);
    expect(JSON.parse(pretty.stdout)).toMatchObject([{ type: "message" }, { type: "compaction" }]);
    const line = await runCommand([...args, "--json"], { input: JSON.stringify(history) });
    expect(line.stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(line.lines()[0]).toMatchObject([{ type: "message" }, { type: "compaction" }]);
    expect(emulator.requests[0]).toMatchObject({ path: "/v1/responses/compact", headers: { session_id: "c1" } });
  });

  it("uses the trigger form if asked to", async () => {
    const emulator = await emulate();
    const args = ["compact", "--base-url", emulator.url, "--request", "-", "--form", "trigger", "--json"];
    const { status, lines } = await runCommand(args, { input: JSON.stringify(history) });
    expect(status).toBe(0);
    expect(lines()).toMatchObject([[{ type: "compaction" }]]);
    expect(emulator.requests[0]?.path).toBe("/v1/responses");
  });

  it("compresses the trigger's request if asked to", async () => {
    const emulator = await emulate();
    const args = [
      "compact",
      "--base-url",
      emulator.url,
      "--request",
      "-",
      "--form",
      "trigger",
      "--compression",
      "gzip",
    ];
    const { status } = await runCommand(args, { input: JSON.stringify(history) });
    expect(status).toBe(0);
    expect(emulator.requests[0]?.headers).toMatchObject({ "content-encoding": "gzip" });
  });

  it.each([
    [["compact"], /--request FILE is missing/],
    [["compact", "--request", "/does/not/exist"], /cannot be read: No such file or directory \(ENOENT\)/],
    [["compact", "--request", "-", "--form", "soft"], /--form must be one of endpoint, trigger; got "soft"/],
    [["compact", "--request", "-", "extra"], /compact takes no argument/],
  ])("%j is a usage error, reported before anything is connected", async (args, message) => {
    const { status, stdout, stderr } = await runCommand(args, { input: "{}" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("emulator");
  });
});

describe("memories", () => {
  it("prints both summaries of each conversation", async () => {
    const { status, stdout } = await runCommand(["memories", "--request", "-"], { input: JSON.stringify(recorded) });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: "a.jsonl: 0 items, 0 from the user.\nNothing to remember.\n",
    });
  });

  it("uses the model of --model, and prints a failure as the last line of --json", async () => {
    const { model: _named, ...unnamed } = recorded;
    const emulator = await emulate({ script: [{ status: 401, body: { error: { message: "no" } } }] });
    const args = ["memories", "--base-url", emulator.url, "--request", "-", "--model", "m2", "--json"];
    const { status, lines } = await runCommand(args, { input: JSON.stringify(unnamed) });
    expect(emulator.requests[0]?.json).toMatchObject({ model: "m2" });
    expect(status).toBe(3);
    expect(lines()).toMatchObject([{ type: "error", error: { kind: "http", status: 401 } }]);
  });
});

describe("models", () => {
  it("prints a table, and the list as one line with --json", async () => {
    const { status, stdout } = await runCommand(["models"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^SLUG +NAME +CONTEXT +EFFORTS +VISIBILITY\ngpt-5\.5 .* 272,000 {2}low medium\* high {2}list\n/,
    );
    const { lines } = await runCommand(["models", "--json"]);
    expect(lines()).toMatchObject([{ models: [{ slug: "gpt-5.5" }, {}], etag: expect.any(String) }]);
  });

  it("waits no longer than asked to, retries included", async () => {
    const emulator = await emulate({ script: [{ stallBeforeHeaders: true }] });
    const { status, stderr } = await runCommand(["models", "--base-url", emulator.url, "--idle-timeout-ms", "100"]);
    expect(status).toBe(4);
    expect(stderr).toMatch(/^codex-wire: timeout: .* within 100 ms\n$/);
    expect(emulator.requests.length).toBeLessThanOrEqual(1);
  });

  it("requests the models that the client version can use", async () => {
    const emulator = await emulate();
    await runCommand(["models", "--base-url", emulator.url, "--client-version", "0.115.0-alpha.1"]);
    expect(emulator.requests[0]?.path).toBe("/v1/models?client_version=0.115.0");
    const { status } = await runCommand(["models", "--base-url", emulator.url, "--client-version", "dev"]);
    expect(status).toBe(2);
  });

  it("has columns as wide as their widest cell, with the service's preference first", () => {
    const small = { ...fallbackModelInfo("s"), display_name: "Small", context_window: 1000, priority: 2 };
    const large = { ...fallbackModelInfo("large"), display_name: "L", context_window: undefined, priority: 1 };
    expect(modelsTable({ models: [small, large] })).toBe(
      [
        "SLUG   NAME   CONTEXT  EFFORTS  VISIBILITY\n",
        "large  L            -  -        none\n",
        "s      Small    1,000  -        none\n",
      ].join(""),
    );
  });
});
