import { execFileSync } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  answer,
  type Condition,
  refusal,
  type Scenario,
  startEmulator,
  toolCalls,
  useEmulator,
} from "../../../src/emulator/index.ts";
import { ofType, typesOf } from "../../unit/emulator/stream-event.ts";
import { emulator, eventsOf, RawSocket, send, stream } from "./raw-client.ts";

const WEATHER = { type: "function", name: "get_weather", parameters: { type: "object", properties: {} } };

async function ask(url: string, input: unknown, more: object = {}, headers: Record<string, string> = {}) {
  const { status, json } = await send(`${url}/responses`, { body: { model: "gpt-5.5", input, ...more }, headers });
  return { status, text: JSON.stringify(json) };
}

describe("a scenario", () => {
  it("answers with a text, calls and refusals in the service's own events", async () => {
    const reply = [
      answer("Hello there", { reasoning: "I greet." }),
      toolCalls([
        { name: "get_weather", arguments: { location: "Paris" } },
        { name: "exec", input: "text(1)" },
      ]),
      refusal("No."),
    ];
    const { url } = await emulator({ scenario: { rules: [{ reply }] } });
    const first = await stream(url, { input: "a" });
    expect(typesOf(first)).toContain("response.reasoning_summary_text.delta");
    expect(ofType(first, "response.output_text.done").text).toBe("Hello there");
    const { output } = ofType(await stream(url, { input: "b" }), "response.completed").response;
    expect(output).toMatchObject([
      { type: "function_call", name: "get_weather", arguments: '{"location":"Paris"}' },
      { type: "custom_tool_call", name: "exec", input: "text(1)" },
    ]);
    for (const input of ["c", "d"]) {
      expect(typesOf(await stream(url, { input }))).toContain("response.refusal.done"); // the last stays
    }
  });

  it.each<[Condition, object, boolean]>([
    [{ text: "weather" }, { input: "The WEATHER?" }, true],
    [{ text: "/^weather/" }, { input: "The weather?" }, false],
    [{ text: /weather\?$/ }, { input: "The weather?" }, true],
    [{ instructions: "pirate" }, { input: "a", instructions: "Talk like a pirate" }, true],
    [{ model: "gpt-5*" }, { input: "a" }, true],
    [{ model: "gpt-6*" }, { input: "a" }, false],
    [{ tool: "get_weather" }, { input: "a", tools: [WEATHER] }, true],
    [{ tool: "get_weather" }, { input: "a" }, false],
    [{ turn: 2 }, { input: "a" }, false],
    [{ carrier: "http" }, { input: "a" }, true],
    [{ carrier: "websocket" }, { input: "a" }, false],
    [{ continued: true }, { input: "a" }, false],
    [{ stream: false }, { input: "a" }, true],
    [{ toolOutput: true }, { input: "a" }, false],
    [{ headers: { "x-who": "ada" } }, { input: "a" }, true],
    [{ body: { reasoning: { effort: "low" } } }, { input: "a", reasoning: { effort: "low", summary: "auto" } }, true],
    [{ body: { reasoning: { effort: "high" } } }, { input: "a", reasoning: { effort: "low" } }, false],
  ])("with %j and %j holds: %s", async (when, body, holds) => {
    const { url } = await emulator({ scenario: { rules: [{ when, reply: answer("as told") }] } });
    const { json } = await send(`${url}/responses`, {
      body: { model: "gpt-5.5", ...body },
      headers: { "x-who": "Ada" },
    });
    expect(JSON.stringify(json).includes("as told")).toBe(holds);
  });

  it("plays a tool loop by what the tool said", async () => {
    const rules = [
      { when: { toolOutput: "18" }, reply: answer("It is 18 degrees.") },
      { when: { text: "weather" }, reply: toolCalls([{ name: "get_weather", arguments: "{}" }]) },
    ];
    const { url } = await emulator({ scenario: { rules } });
    const asked = { role: "user", content: "The weather?" };
    const [call] = ofType(await stream(url, { input: [asked] }), "response.completed").response.output;
    const output = { type: "function_call_output", call_id: call?.call_id, output: "18 C" };
    const second = await stream(url, { input: [asked, call, output] });
    expect(ofType(second, "response.output_text.done").text).toBe("It is 18 degrees.");
  });

  describe("knows the user's text in a request that holds only what is new", () => {
    const rules = [
      { when: { toolOutput: "18" }, reply: answer("18 degrees") },
      { when: { text: "weather", turn: 1 }, reply: toolCalls([{ name: "get_weather", arguments: "{}" }]) },
      { when: { text: "weather" }, reply: answer("as told of the weather") },
    ];
    const asked = { role: "user", content: "The weather?" };
    const outputOf = ({ output: [call] }: { output: readonly { call_id?: string }[] }, output: string) => [
      { type: "function_call_output", call_id: call?.call_id, output },
    ];

    it("behind previous_response_id", async () => {
      const server = await emulator({ scenario: { rules } });
      const { response } = ofType(await stream(server.url, { input: [asked] }), "response.completed");
      const input = outputOf(response, "19 C");
      const second = await stream(server.url, { input, previous_response_id: response.id });
      expect(ofType(second, "response.output_text.done").text).toBe("as told of the weather");
      expect(server.journal.map(({ text, rule }) => [text, rule])).toEqual([
        ["The weather?", "2"],
        ["The weather?", "3"],
      ]);
      expect(await server.waitForRequests({ text: "weather", continued: true })).toHaveLength(1);
    });

    it("in a conversation", async () => {
      const { url } = await emulator({ scenario: { rules } });
      const { json } = await send(`${url}/conversations`, { body: {} });
      const conversation = (json as { id: string }).id;
      const { response } = ofType(await stream(url, { input: [asked], conversation }), "response.completed");
      const second = await stream(url, { input: outputOf(response, "19 C"), conversation });
      expect(ofType(second, "response.output_text.done").text).toBe("as told of the weather");
    });

    it("on a WebSocket that stores nothing", async () => {
      const server = await emulator({ scenario: { rules } });
      const socket = new RawSocket(server.url);
      await socket.opened();
      const first = await socket.response({ input: [asked], store: false });
      const { response } = ofType(first, "response.completed");
      const more = { previous_response_id: response.id, store: false };
      const waiting = server.waitForRequests({ text: "weather", carrier: "websocket" }, { count: 2 });
      const second = await socket.response({ input: outputOf(response, "19 C"), ...more });
      expect(ofType(second, "response.output_text.done").text).toBe("as told of the weather");
      expect(await waiting).toHaveLength(2);
    });

    it("and no text of a response that nobody knows", async () => {
      const server = await emulator({ scenario: { rules } });
      const body = { model: "m", input: outputOf({ output: [{ call_id: "call_1" }] }, "19 C") };
      await send(`${server.url}/responses`, { body: { ...body, previous_response_id: "resp_none" } });
      expect(server.journal[0]).toMatchObject({ text: "", rule: undefined });
    });
  });

  it("breaks off, ends early and fails where it is told to", async () => {
    const rules = [
      { when: { text: "cut" }, reply: answer("one two three", { resetAfterEvents: 5 }) },
      { when: { text: "filter" }, reply: answer("one", { incomplete: "content_filter" }) },
      { when: { text: "fail" }, reply: { failed: { code: "server_error", message: "out of order" } } },
      { when: { text: "busy" }, reply: { status: 429, headers: { "retry-after": "1" }, body: {} }, times: 1 },
    ];
    const { url } = await emulator({ scenario: { rules } });
    const cut = await send(`${url}/responses`, { body: { model: "m", input: "cut", stream: true } });
    expect(eventsOf(cut.text)).toHaveLength(5);
    expect(cut.brokenBy).toBe("ECONNRESET");
    expect((await stream(url, { input: "filter" })).at(-1)).toMatchObject({
      response: { incomplete_details: { reason: "content_filter" } },
    });
    expect((await stream(url, { input: "fail" })).at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "server_error" } },
    });
    expect((await ask(url, "busy")).status).toBe(429);
    expect((await ask(url, "busy")).status).toBe(200);
  });

  it("holds on a WebSocket, and for its handshake", async () => {
    const rules = [
      { reply: { refuse: { status: 503 } }, times: 1 },
      { when: { carrier: "websocket" as const }, reply: answer("over frames") },
    ];
    const { url } = await emulator({ scenario: { rules } });
    await expect(new RawSocket(url).opened()).rejects.toThrow("503");
    const socket = new RawSocket(url);
    await socket.opened();
    expect(JSON.stringify((await socket.response({ input: "hi" })).at(-1))).toContain("over frames");
  });

  it("takes its time before the first token", async () => {
    const pace = { tokensPerSecond: 1000, firstTokenMs: 60 };
    const { url } = await emulator({ scenario: { pace, rules: [{ reply: answer("hi") }] } });
    const startedAt = performance.now();
    await stream(url, { input: "a" });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
  });
});

describe("a strict scenario", () => {
  it("says why nothing matched, to the client and in the journal", async () => {
    const rules = [{ name: "weather", when: { text: "weather" }, reply: answer("sunny") }];
    const server = await emulator({ scenario: { strict: true, rules } });
    const { status, text } = await ask(server.url, "news");
    expect(status).toBe(400);
    expect(text).toContain("scenario_no_match");
    expect(text).toContain(`rule weather: the user's text`);
    expect((await ask(server.url, "weather")).status).toBe(200);
    expect((await send(`${server.url}/models`)).status).toBe(200);
    expect(server.journal.map(({ answeredBy, rule }) => [answeredBy, rule])).toEqual([
      ["nobody", undefined],
      ["scenario", "weather"],
      ["model", undefined],
    ]);
    expect(server.journal[0]?.mismatches).toEqual([expect.stringContaining('"news"')]);
  });
});

describe("tests at the same time", () => {
  it("have a sequence, a scenario, requests and a journal of their own", async () => {
    const server = await emulator({ scenario: { rules: [{ reply: [answer("first"), answer("second")] }] } });
    const one = server.test();
    const other = server.test("other");
    expect((await ask(server.url, "a", {}, one.headers)).text).toContain("first");
    expect((await ask(server.url, "a", {}, other.headers)).text).toContain("first");
    expect((await ask(server.url, "a", {}, one.headers)).text).toContain("second");
    other.scenario.use([{ reply: answer("mine alone") }]);
    expect((await ask(server.url, "a", {}, other.headers)).text).toContain("mine alone");
    expect((await ask(server.url, "a", {}, one.headers)).text).toContain("second");
    one.scenario.reset();
    expect((await ask(server.url, "a", {}, one.headers)).text).toContain("first");
    expect(one.requests).toHaveLength(4);
    expect(other.journal).toHaveLength(2);
  });
});

describe("a scenario that is wrong", () => {
  it.each<[unknown, RegExp]>([
    [
      { rules: [{ when: { txet: "a" }, reply: {} }] },
      /`when` of rule 1 has an unknown name `txet`; did you mean `text`\?/,
    ],
    [{ rules: [{ reply: { anwser: "a" } }] }, /reply of rule 1 has an unknown name `anwser`; did you mean `answer`/],
    [{ rules: [{ reply: { answer: 7 } }] }, /^`answer` of a reply of rule 1 is 7; it must be a string$/],
    [
      { rules: [{ reply: { resetAfterEvents: "6" } }] },
      /`resetAfterEvents` .* is "6"; it must be a whole number of 0 or more/,
    ],
    [
      { rules: [{ reply: { toolCalls: [{ nme: "x" }] } }] },
      /`toolCalls` .*an object \{ name, namespace\?, arguments\?, input\? \}/,
    ],
    [
      { pace: { tokensPerSec: 5 }, rules: [] },
      /`pace` of the scenario .*"none" or "human", or an object \{ tokensPerSecond/,
    ],
    [
      { rules: [{ when: { turn: "1" }, reply: {} }] },
      /`turn` of `when` of rule 1 is "1"; it must be a whole number of 1 or more/,
    ],
    [{ rules: [{ when: { carrier: "ws" }, reply: {} }] }, /`carrier` .* is "ws"; it must be "http" or "websocket"/],
    [
      { rules: [{ when: { text: "/(/" }, reply: {} }] },
      /`text` .* is "\/\(\/"; it must be a part of a text, or a pattern/,
    ],
    [{ rules: [{ times: 0, reply: {} }] }, /`times` of rule 1 is 0/],
    [{ rules: [{}] }, /rule 1 has no `reply`/],
    [{}, /no `rules`/],
    ["x", /a scenario is an object/],
  ])("is refused: %j", async (scenario, message) => {
    await expect(startEmulator({ scenario: scenario as Scenario })).rejects.toThrow(message);
  });

  it.each<[object, RegExp]>([
    [{ scenarioFil: "x" }, /the emulator has an unknown name `scenarioFil`; did you mean `scenarioFile`\?/],
    [{ pace: "slow" }, /`pace` of the emulator is "slow"; it must be "none" or "human"/],
    [{ port: "x" }, /`port` .* must be a whole number from 0 to 65535/],
    [{ replay: { folder: "x", timing: "slow" } }, /`replay` .* must be an object \{ folder, timing\? \}/],
  ])("and so are options: %j", async (options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(message);
  });
});

describe("a scenario in a file", () => {
  it.each([
    ["scenario.json", '{"rules":[{"reply":{"answer":"from a file"}}]}'],
    ["scenario.yaml", "strict: true\nrules:\n  - when: { text: hi }\n    reply:\n      answer: from a file\n"],
    ["scenario.mjs", 'export default { rules: [{ reply: { answer: "from a file" } }] };'],
  ])("is read from %s", async (name, content) => {
    const scenarioFile = join(await folder(), name);
    await writeFile(scenarioFile, content);
    const { url } = await emulator({ scenarioFile });
    expect((await ask(url, "hi")).text).toContain("from a file");
  });

  it("is read again when it changes, and stays when what comes is broken", async () => {
    const scenarioFile = join(await folder(), "scenario.json");
    const write = async (content: string) => {
      await writeFile(`${scenarioFile}.new`, content);
      await rename(`${scenarioFile}.new`, scenarioFile);
    };
    await write('{"rules":[{"reply":{"answer":"before"}}]}');
    const told: unknown[] = [];
    let tell = () => {};
    const onScenario = (error?: unknown) => {
      told.push(error);
      tell();
    };
    const { url } = await emulator({ scenarioFile, onScenario });
    const changed = async (content: string) => {
      const reread = new Promise<void>((resolve) => (tell = resolve));
      await write(content);
      await reread;
    };
    await changed('{"rules":[{"reply":{"answer":"after"}}]}');
    expect((await ask(url, "hi")).text).toContain("after");
    await changed("{");
    expect((await ask(url, "hi")).text).toContain("after");
    expect(String(told.at(-1))).toContain("scenario.json cannot be used");
  });

  it.skipIf(process.platform === "win32")("is a regular file, or refused at once", { timeout: 5000 }, async () => {
    for (const name of ["pipe.json", "pipe.mjs"]) {
      const path = join(await folder(), name);
      execFileSync("mkfifo", [path]);
      await expect(startEmulator({ scenarioFile: path })).rejects.toThrow(/is not a regular file/);
    }
    const large = join(await folder(), "large.json");
    await writeFile(large, " ".repeat(16 * 1024 * 1024 + 1));
    await expect(startEmulator({ scenarioFile: large })).rejects.toThrow(/is larger than 16777216 bytes/);
  });

  it("that is not there is an error that names it", async () => {
    await expect(startEmulator({ scenarioFile: "/no/such.json" })).rejects.toThrow(
      /the scenario \/no\/such\.json cannot be used/,
    );
  });

  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "scenario-"));
    onTestFinished(() => rm(path, { recursive: true, force: true }));
    return path;
  }
});

describe("useEmulator", () => {
  const emulatorOf = useEmulator(
    { beforeAll, afterAll, beforeEach },
    { scenario: { rules: [{ reply: [answer("first"), answer("second")] }] } },
  );

  it.each(["one test", "another"])("begins the scenario anew for %s", async () => {
    expect((await ask(emulatorOf().url, "a")).text).toContain("first");
  });

  it("needs hooks, and a test that runs", () => {
    expect(() => useEmulator({})).toThrow(/beforeAll and afterAll/);
    expect(() => useEmulator({ before: () => {}, after: () => {} })()).toThrow(/inside of them/);
  });
});
