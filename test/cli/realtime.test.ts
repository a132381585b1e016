import { describe, expect, it } from "vitest";
import type { EmulatorOptions } from "../../src/emulator/index.ts";
import { runCommand } from "../support/command.ts";
import { closedPort } from "../support/serve.ts";
import { talk } from "./realtime-support.ts";

describe("realtime", () => {
  it.each(["v1", "v2", "v3"])("sends a text in %s and prints both sides", async (protocol) => {
    const { status, stdout } = await talk(["--protocol", protocol, "repeat: one two"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "user: repeat: one two\nassistant: one two\n" });
  });

  it("sends the lines of a pipe one by one, each after the answer to the previous one", async () => {
    const { status, stdout, sent } = await talk([], {
      input: "repeat: one\n\nrepeat: two\n",
      emulator: { pace: { delayMsPerWord: 20 } },
    });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: "user: repeat: one\nassistant: one\nuser: repeat: two\nassistant: two\n",
    });
    expect(
      sent()
        .map((json) => json?.type)
        .filter(Boolean),
    ).toEqual([
      "session.update",
      "conversation.item.create",
      "response.create",
      "conversation.item.create",
      "response.create",
    ]);
  });

  it("sends model, instructions, voice, modality and session", async () => {
    const { emulator, sent } = await talk(
      [...["--model", "m", "--instructions", "Be brief.", "--voice", "ash", "--conversation-id", "s1", "hello"]],
      { env: { OPENAI_API_KEY: "sk-key" } },
    );
    expect(emulator.requests[0]).toMatchObject({
      path: "/v1/realtime?model=m",
      headers: { "x-session-id": "s1", authorization: "Bearer sk-key" },
    });
    expect(sent()[1]?.session).toMatchObject({
      instructions: "Be brief.",
      output_modalities: ["text"],
      audio: { output: { voice: "ash" } },
    });
  });

  it("treats a limit longer than a timer allows as no limit", async () => {
    const { status, stdout } = await talk(["--idle-timeout-ms", "3000000000", "repeat: one"], {
      emulator: { pace: { delayMsPerWord: 50 } },
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "user: repeat: one\nassistant: one\n" });
  });

  it("runs against the emulator without a key", async () => {
    const { status, stdout, stderr } = await runCommand(["realtime", "repeat: one"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "user: repeat: one\nassistant: one\n" });
    expect(stderr).toContain("emulator");
  });

  it("prints events with --json, and nothing else on standard output", async () => {
    const { status, lines } = await talk(["--json", "repeat: one"]);
    expect(status).toBe(0);
    expect(lines().map(({ type }) => type)).toEqual([
      "session_created",
      "session_updated",
      "conversation_item.added",
      "conversation_item.done",
      "response_created",
      "output_item.added",
      "conversation_item.added",
      "content_part.added",
      "output_transcript.delta",
      "output_transcript.done",
      "content_part.done",
      "output_item.done",
      "conversation_item.done",
      "response_done",
    ]);
  });

  it("answers a handoff that there is no agent, and continues", async () => {
    const { status, stdout, stderr } = await talk(["delegate: water the plants"]);
    expect(status).toBe(0);
    expect(stdout).toContain("assistant: The tool background_agent answered: No agent is connected");
    expect(stderr).toContain("handed over, and no agent is here: ");
    expect(stderr).toContain("water the plants");
  });
});

describe("a realtime command", () => {
  it.each<[string, EmulatorOptions, readonly string[], number, RegExp]>([
    ["refused", { requireAuth: true }, [], 3, /http: .*401/],
    [
      "that gets an error from the service",
      { script: [{}, { status: 400, body: { error: { message: "not like this" } } }] },
      [],
      3,
      /invalid_request: not like this/,
    ],
    [
      "whose connection the service closes",
      { script: [{}, { close: { code: 1000 } }] },
      [],
      4,
      /stream: the service closed the session/,
    ],
    // A reset soon after data may look like an end of the connection.
    [
      "reset",
      { script: [{}, { resetBeforeHeaders: true }] },
      [],
      4,
      /stream: (failed to read websocket message|the service closed the session|.* ended without a close frame)/,
    ],
    [
      "that gets no answer",
      { script: [{}, { stallBeforeHeaders: true }] },
      ["--idle-timeout-ms", "50"],
      4,
      /timeout: idle timeout waiting for a realtime event/,
    ],
  ])("%s reports that", async (_what, emulator, args, expected, message) => {
    const { status, stderr } = await talk([...args, "hello"], { emulator });
    expect(status).toBe(expected);
    expect(stderr).toMatch(message);
  });

  it("prints the error as its last line with --json", async () => {
    const { status, lines } = await talk(["--json", "x"], { emulator: { script: [{}, { close: { code: 1000 } }] } });
    expect(status).toBe(4);
    expect(lines().at(-1)).toMatchObject({ type: "error", error: { kind: "stream" } });
  });

  it("reports that it cannot connect", async () => {
    const { status } = await runCommand(["realtime", "--base-url", `http://127.0.0.1:${await closedPort()}/v1`, "x"]);
    expect(status).toBe(4);
  });

  it.each([
    [["a", "b"], /one argument/],
    [["a", "--wav", "x"], /not both/],
    [["--wav", "/does/not/exist"], /cannot be read: No such file or directory \(ENOENT\)/],
    [["--protocol", "v4"], /v4/],
    [["--modality", "smell"], /smell/],
    [["--nonsense"], /nonsense/],
  ])("with %j is a usage error", async (args, message) => {
    const { status, stderr } = await talk(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

it("realtime --help explains itself", async () => {
  const { status, stdout } = await runCommand(["realtime", "--help"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^usage: codex-wire realtime/);
});

describe("an unsuccessful response", () => {
  const failed = (details: object) => ({
    type: "response.done",
    response: { id: "resp_1", object: "realtime.response", output: [], ...details },
  });

  it.each([
    [
      "failed, with the service's words",
      {
        status: "failed",
        status_details: { error: { code: "insufficient_quota", message: "You have no money left." } },
      },
      /You have no money left/,
    ],
    [
      "was cut short",
      { status: "incomplete", status_details: { type: "incomplete", reason: "max_output_tokens" } },
      /max_output_tokens/,
    ],
  ])("is reported when it %s", async (_what, details, words) => {
    const script = [{}, {}, { events: [failed(details)] }];
    const { status, stderr } = await talk(["hello"], { emulator: { script } });
    expect(status).toBe(3);
    expect(stderr).toMatch(words);
  });
});
