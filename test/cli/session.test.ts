import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const turn = (...texts: string[]) => ({
  model: "m",
  input: texts.map((text) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] })),
});

/** A file with one value a line. */
function requests(...bodies: readonly unknown[]): string {
  const folder = temporaryFolder("session");
  const path = join(folder, "requests.jsonl");
  writeFileSync(path, bodies.map((body) => (typeof body === "string" ? body : JSON.stringify(body))).join("\n"));
  return path;
}

describe("session", () => {
  it("prints the answers in order, one a line, over one WebSocket", async () => {
    const emulator = await emulate();
    const file = requests(turn("repeat: one"), "", turn("repeat: one", "repeat: two"));
    const { status, stdout, stderr } = await runCommand(["session", "--base-url", emulator.url, "--requests", file]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "one\ntwo\n", stderr: "" });
    expect(emulator.requests.map(({ kind }) => kind)).toEqual(["handshake", "frame", "frame"]);
  });

  it("reads the requests from standard input, and prints events with --json", async () => {
    const emulator = await emulate();
    const finished = await runCommand(["session", "--base-url", emulator.url, "--requests", "-", "--json"], {
      input: `${JSON.stringify(turn("repeat: one"))}\n`,
    });
    expect(finished.status).toBe(0);
    expect(finished.lines().at(-1)).toMatchObject({ type: "completed" });
  });

  it("reads a file with a byte order mark and Windows line ends", async () => {
    const emulator = await emulate();
    const file = requests(`\u{feff}${JSON.stringify(turn("repeat: one"))}\r`, "\r");
    const { status, stdout } = await runCommand(["session", "--base-url", emulator.url, "--requests", file]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one\n" });
  });

  it("names the number of an invalid line, blank lines counted", async () => {
    const { status, stderr } = await runCommand([
      "session",
      "--auth",
      "none",
      "--requests",
      requests(turn("x"), "", "{"),
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^codex-wire: line 3 of .*requests\.jsonl is not JSON/);
  });

  it.each([
    ["http", ["http"]],
    ["websocket", ["handshake", "frame"]],
    ["auto", ["handshake", "frame"]],
  ])("--carrier %s", async (carrier, kinds) => {
    const emulator = await emulate();
    const args = ["--requests", requests(turn("repeat: one")), "--carrier", carrier, "--conversation-id", "c1"];
    expect(await runCommand(["session", "--base-url", emulator.url, ...args])).toMatchObject({ stdout: "one\n" });
    expect(emulator.requests.map(({ kind }) => kind)).toEqual(kinds);
    expect(emulator.requests[0]?.headers.session_id).toBe("c1");
  });

  it("says on standard error that it continues over HTTP", async () => {
    const emulator = await emulate({ websockets: false });
    const args = ["session", "--base-url", emulator.url, "--requests", requests(turn("repeat: one"))];
    const { stdout, stderr, status } = await runCommand(args);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "one\n" });
    expect(stderr).toMatch(/^warn: .*HTTP/);
  });

  it("ends with the first failure and its status", async () => {
    const emulator = await emulate({ script: [{}, { status: 400, body: { error: { message: "no" } } }] });
    const file = requests(turn("repeat: one"), turn("repeat: two"), turn("repeat: three"));
    const finished = await runCommand(["session", "--base-url", emulator.url, "--requests", file, "--json"]);
    expect(finished.status).toBe(3);
    expect(finished.lines().at(-1)).toMatchObject({ type: "error", error: { kind: "invalid_request" } });
    expect(emulator.requests.filter(({ kind }) => kind === "frame")).toHaveLength(2);
  });

  it("says on standard error that the answer starts again", async () => {
    const events = [{ type: "response.output_text.delta", delta: "lost" }];
    const emulator = await emulate({ script: [{ events, terminateAfterEvents: 1 }] });
    const args = ["session", "--base-url", emulator.url, "--requests", requests(turn("repeat: one"))];
    const { status, stdout, stderr } = await runCommand(args);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "lost\none\n" });
    expect(stderr).toContain("the stream broke (stream)");
  });

  it.each([
    ["no --requests", () => []],
    ["an argument", () => ["--requests", requests(turn("x")), "more"]],
    ["an unknown carrier", () => ["--requests", requests(turn("x")), "--carrier", "pigeon"]],
    ["an empty file", () => ["--requests", requests("")]],
    ["a line that is not JSON", () => ["--requests", requests(turn("x"), "{")]],
    ["a line that is not an object", () => ["--requests", requests("[1]")]],
    ["a device without an end", () => ["--requests", "/dev/zero"]],
  ])("%s is a usage error", async (_what, args) => {
    const { status, stdout, stderr } = await runCommand(["session", "--auth", "none", ...args()]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^codex-wire: /);
  });

  it("explains itself", async () => {
    const { status, stdout } = await runCommand(["session", "--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("--requests FILE");
  });
});

describe("session --lanes", () => {
  it("answers at the same time on one WebSocket, and prints the answers in the order of the requests", async () => {
    const emulator = await emulate({ pace: { delayMsPerWord: 5 } });
    const file = requests(
      turn("count to 40"),
      { ...turn("repeat: two"), lane: "b" },
      { ...turn("repeat: three"), lane: "b" },
    );
    const { status, stdout, stderr } = await runCommand([
      "session",
      "--base-url",
      emulator.url,
      "--requests",
      file,
      "--lanes",
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n").slice(1)).toEqual(["two", "three", ""]);
    expect(emulator.requests.filter(({ kind }) => kind === "handshake")).toHaveLength(1);
    const frames = emulator.requests.flatMap(({ json }) => (json ? [json as Record<string, unknown>] : []));
    expect(frames.map(({ stream_id }) => stream_id).sort()).toEqual(["lane-1", "lane-2", "lane-2"]);
    expect(frames.every((frame) => !("lane" in frame))).toBe(true);
  });

  it("marks each event with its lane with --json", async () => {
    const emulator = await emulate();
    const file = requests({ ...turn("repeat: one"), lane: "a" }, turn("repeat: two"));
    const finished = await runCommand(["session", "--base-url", emulator.url, "--requests", file, "--lanes", "--json"]);
    const ends = finished.lines().filter((line) => (line as { type?: string }).type === "completed");
    expect(ends.map((line) => (line as { lane?: string }).lane).sort()).toEqual(["a", "request 2"]);
  });

  it("ends all lanes with the first failure", async () => {
    const emulator = await emulate({ pace: { firstTokenMs: 60_000, delayMsPerWord: 0 } });
    const orphan = { model: "m", input: [{ type: "function_call_output", call_id: "c", output: "" }] };
    const file = requests(orphan, turn("repeat: never"));
    const { status } = await runCommand(["session", "--base-url", emulator.url, "--requests", file, "--lanes"]);
    expect(status).toBe(3);
  });
});
