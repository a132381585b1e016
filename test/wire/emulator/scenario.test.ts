import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answer, type Condition, refusal, toolCalls, useEmulator } from "../../../src/emulator/index.ts";
import { ofType, typesOf } from "../../unit/emulator/stream-event.ts";
import { emulator, eventsOf, RawSocket, send, stream } from "./raw-client.ts";
import { ask } from "./support.ts";

const WEATHER = { type: "function", name: "get_weather", parameters: { type: "object", properties: {} } };

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

  it("marks the calls of tools that were declared async, whose outputs may come in any later request", async () => {
    const build = { type: "custom", name: "build", async: true };
    const tools = [
      { ...WEATHER, async: true },
      { type: "namespace", name: "ci", description: "CI", tools: [build] },
    ];
    const reply = [
      toolCalls([
        { name: "get_weather", arguments: {} },
        { name: "build", namespace: "ci", input: "all" },
      ]),
      answer("done"),
    ];
    const { url } = await emulator({ scenario: { rules: [{ reply }] } });
    const [asked] = [{ role: "user", content: "a" }];
    const { output } = ofType(await stream(url, { input: [asked], tools }), "response.completed").response;
    expect(output).toMatchObject([
      { type: "function_call", async: true },
      { type: "custom_tool_call", async: true },
    ]);
    expect(await ask(url, [asked, ...output], { tools })).toMatchObject({ status: 200 });
    const { async: _, ...owed } = { async: true, ...output[0] };
    expect(await ask(url, [asked, owed], { tools })).toMatchObject({
      status: 400,
      text: expect.stringContaining("No tool output found"),
    });
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
