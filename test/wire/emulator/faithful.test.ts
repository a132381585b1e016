// What agents, SDKs and proxies get from the service besides messages and calls.
import { describe, expect, it } from "vitest";
import { ofType, type StreamResponse, typesOf } from "../../unit/emulator/stream-event.ts";
import { emulator, send, stream } from "./raw-client.ts";

const parameters = { type: "object", properties: { location: { type: "string" } }, required: ["location"] };
const WEATHER = { type: "function", name: "get_weather", parameters };
const TIME = { type: "function", name: "get_time", parameters };
const EXEC = {
  type: "namespace",
  name: "functions",
  tools: [{ type: "custom", name: "exec", description: "Run JavaScript. Nested: await tools.exec_command(...)" }],
};

async function respond(body: object, options: Parameters<typeof emulator>[0] = {}): Promise<StreamResponse> {
  const { url } = await emulator(options);
  return (await send(`${url}/responses`, { body: { model: "m", ...body } })).json as StreamResponse;
}

describe("tools", () => {
  it("from an item are called, and one that runs JavaScript gets a program", async () => {
    const tools = { type: "additional_tools", role: "developer", tools: [EXEC] };
    const { output } = await respond({ input: [tools, { role: "user", content: "run `echo hi`" }] });
    expect(output).toMatchObject([
      {
        type: "custom_tool_call",
        name: "exec",
        namespace: "functions",
        input: 'const result = await tools.exec_command({ cmd: "echo hi" });\ntext(result);',
      },
    ]);
  });

  it.each<[string, object, readonly object[]]>([
    ["all that are wanted", {}, [{ name: "get_weather" }, { name: "get_time" }]],
    ["one without parallel calls", { parallel_tool_calls: false }, [{ name: "get_weather" }]],
    ["the one that is forced", { tool_choice: { type: "function", name: "get_time" } }, [{ name: "get_time" }]],
    [
      "those that are allowed",
      { tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "get_time" }] } },
      [{ name: "get_time" }],
    ],
    ["none", { tool_choice: "none" }, [{ type: "message" }]],
  ])("are called: %s", async (_name, more, calls) => {
    const input = "The weather and the time in Paris?";
    expect((await respond({ input, tools: [WEATHER, TIME], ...more })).output).toMatchObject(calls);
  });

  it.each<[string, object, object, object]>([
    ["shell", {}, { type: "shell_call", action: { commands: ["ls"] } }, { output: [{ stdout: "a.txt" }] }],
    [
      "local_shell",
      { tool_choice: { type: "local_shell" } },
      { type: "local_shell_call", action: { type: "exec", command: ["bash", "-lc", "ls"] } },
      { output: "a.txt" },
    ],
    [
      "apply_patch",
      { input: 'apply a patch with "a.txt"' },
      { type: "apply_patch_call", operation: { type: "create_file", path: "hello.txt", diff: "+a.txt\n" } },
      { status: "completed", output: "a.txt" },
    ],
  ])("that the service knows are called, and what they tell is passed on: %s", async (type, more, call, told) => {
    const { url } = await emulator();
    const ask = async (body: object) =>
      (await send(`${url}/responses`, { body: { model: "m", tools: [{ type }], ...body } })).json as StreamResponse;
    const first = await ask({ input: "run `ls`", ...more });
    expect(first.output).toMatchObject([{ ...call, status: "completed", call_id: expect.stringMatching(/^call_/) }]);
    const output = { type: `${type}_call_output`, call_id: first.output[0]?.call_id, ...told };
    const { output: answer } = await ask({ input: [output], previous_response_id: first.id });
    expect(answer).toMatchObject([{ type: "message", content: [{ text: "The tool answered: a.txt" }] }]);
  });

  it("that the service runs itself are not called", async () => {
    const tools = [{ type: "shell", environment: { type: "container_auto" } }];
    expect((await respond({ input: "run `ls`", tools })).output).toMatchObject([{ type: "message" }]);
  });

  it("are called once for each place", async () => {
    const { output } = await respond({ input: "The weather in Paris and London?", tools: [WEATHER] });
    expect(output.map((item) => item.arguments)).toEqual(['{"location":"Paris"}', '{"location":"London"}']);
  });
});

describe("hosted tools", () => {
  it("search the web and cite what they found", async () => {
    const { url } = await emulator();
    const events = await stream(url, { input: "search the news", tools: [{ type: "web_search" }] });
    expect(typesOf(events)).toEqual(
      expect.arrayContaining(["response.web_search_call.searching", "response.output_text.annotation.added"]),
    );
    expect(ofType(events, "response.completed").response.output).toMatchObject([
      { type: "web_search_call", action: { type: "search", query: "search the news" } },
      { type: "message", content: [{ annotations: [{ type: "url_citation" }, {}] }] },
    ]);
  });

  it.each<[object, string, readonly string[]]>([
    [{ type: "image_generation", partial_images: 1 }, "draw a cat", ["image_generation_call", "message"]],
    [
      { type: "code_interpreter", container: { type: "auto" } },
      "calculate 17*23",
      ["code_interpreter_call", "message"],
    ],
    [{ type: "file_search", vector_store_ids: ["vs_1"] }, "what is in the documents?", ["file_search_call", "message"]],
  ])("%j answers %s", async (tool, input, types) => {
    expect((await respond({ input, tools: [tool] })).output.map(({ type }) => type)).toEqual(types);
  });

  it("ask for approval of a server's call, and make it then", async () => {
    const { url } = await emulator();
    const tools = [{ type: "mcp", server_label: "wiki", server_url: "https://wiki.example/mcp" }];
    const first = ofType(await stream(url, { input: "ask the wiki", tools }), "response.completed").response;
    expect(first.output.map(({ type }) => type)).toEqual(["mcp_list_tools", "mcp_approval_request"]);
    const approval = { type: "mcp_approval_response", approval_request_id: first.output[1]?.id, approve: true };
    const events = await stream(url, { previous_response_id: first.id, input: [approval], tools });
    expect(ofType(events, "response.completed").response.output).toMatchObject([
      { type: "mcp_call", server_label: "wiki", approval_request_id: first.output[1]?.id },
      { type: "message" },
    ]);
  });
});

it("a compaction is understood: a tool that has answered is not called again", async () => {
  const { url } = await emulator();
  const tools = [{ type: "function", name: "exec_command", parameters: { properties: { cmd: { type: "string" } } } }];
  const asked = { role: "user", content: "run `echo hi`" };
  const ask = async (input: readonly unknown[]) =>
    ofType(await stream(url, { input, tools }), "response.completed").response.output;
  const [call] = await ask([asked]);
  const output = { type: "function_call_output", call_id: call?.call_id, output: "hi" };
  const [compaction] = await ask([asked, call, output, { type: "compaction_trigger" }]);
  const [last] = await ask([asked, compaction]);
  expect(last?.content[0]?.text).toContain("hi");
});

it("refuses when asked to, as a part of its own", async () => {
  expect((await respond({ input: "please refuse" })).output).toMatchObject([{ content: [{ type: "refusal" }] }]);
});

it("gives log probabilities, as many alternatives as asked for", async () => {
  const { url } = await emulator();
  const events = await stream(url, { input: "17*23", include: ["message.output_text.logprobs"], top_logprobs: 2 });
  const done = ofType(events, "response.output_text.done") as unknown as { logprobs: readonly { token: string }[] };
  expect(done.logprobs.map(({ token }) => token).join("")).toBe("17*23 = 391");
  expect(done.logprobs[0]).toMatchObject({
    logprob: expect.any(Number),
    bytes: expect.any(Array),
    top_logprobs: [{}, {}],
  });
});

it("writes into the cache what the next request reads from it", async () => {
  const { url } = await emulator();
  const first = ofType(await stream(url, { input: "long ".repeat(2000) }), "response.completed").response;
  expect(first.usage.input_tokens_details).toMatchObject({ cached_tokens: 0, cache_write_tokens: 2432 });
  const second = await stream(url, { input: "go on", previous_response_id: first.id });
  expect(ofType(second, "response.completed").response.usage.input_tokens_details.cached_tokens).toBeGreaterThan(2000);
});

describe("a faulty request", () => {
  it.each<[object, string | null, string, RegExp]>([
    [{ temperature: 3 }, "temperature", "decimal_above_max_value", /Expected a value <= 2, but got 3 instead/],
    [{ top_logprobs: 21 }, "top_logprobs", "integer_above_max_value", /<= 20/],
    [{ tools: [{ type: "functoin" }] }, "tools[0].type", "invalid_value", /'functoin'/],
    [{ tools: [{ type: "function", name: "no spaces" }] }, "tools[0].name", "invalid_value", /does not match pattern/],
    [{ include: ["everything"] }, "include[0]", "invalid_value", /'everything'/],
    [{ metadata: { a: 1 } }, "metadata.a", "invalid_type", /expected a string/],
    [
      { input: [{ role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,aGVsbG8=" }] }] },
      "input[0].content[0]",
      "invalid_value",
      /does not represent a valid image/,
    ],
  ])("is refused: %j", async (more, param, code, message) => {
    const { url } = await emulator();
    const { status, json } = await send(`${url}/responses`, { body: { model: "m", input: "hi", ...more } });
    expect(status).toBe(400);
    expect(json).toEqual({
      error: { type: "invalid_request_error", param, code, message: expect.stringMatching(message) },
    });
  });

  it("is refused for reasoning that was altered on the way, not as it came", async () => {
    const { url } = await emulator();
    const body = { input: "hi", reasoning: { effort: "low" }, include: ["reasoning.encrypted_content"] };
    const [reasoning] = ofType(await stream(url, body), "response.completed").response.output;
    const sealed = reasoning?.encrypted_content ?? "";
    const goOn = (encrypted_content: string) =>
      send(`${url}/responses`, {
        body: {
          model: "m",
          input: [
            { ...reasoning, encrypted_content },
            { role: "user", content: "go on" },
          ],
        },
      });
    expect((await goOn(sealed)).status).toBe(200);
    const altered = await goOn(`${sealed.slice(0, 20)}${sealed[20] === "A" ? "B" : "A"}${sealed.slice(21)}`);
    const told = { param: null, code: "invalid_encrypted_content" };
    const words = "could not be verified. Reason: Encrypted content could not be decrypted or parsed.";
    expect(altered.json).toMatchObject({
      error: { ...told, message: `The encrypted content for item ${reasoning?.id} ${words}` },
    });
    const { id: _id, ...nameless } = { ...reasoning, encrypted_content: `${sealed.slice(0, -3)}A==` };
    expect((await send(`${url}/responses`, { body: { model: "m", input: [nameless] } })).json).toMatchObject({
      error: { ...told, message: `The encrypted content gAAA...${sealed.slice(-4, -3)}A== ${words}` },
    });
  });

  it.each<[Parameters<typeof emulator>[0], object, string]>([
    [{ models: ["gpt-5.5"] }, { model: "gpt-9" }, "model_not_found"],
    [{ contextWindow: 10 }, { input: "long ".repeat(100) }, "context_length_exceeded"],
  ])("is refused with %j for %j", async (options, more, code) => {
    expect(await respond(more.constructor === Object ? { input: "hi", ...more } : more, options)).toMatchObject({
      error: { code },
    });
  });

  it("is refused within the stream when it is too long: by an event, then by the failed response", async () => {
    const events = await stream((await emulator({ contextWindow: 10 })).url, { input: "long ".repeat(100) });
    const error = {
      code: "context_length_exceeded",
      message: "Your input exceeds the context window of this model. Please adjust your input and try again.",
    };
    expect(events).toMatchObject([
      { type: "response.created", sequence_number: 0 },
      { type: "response.in_progress", sequence_number: 1 },
      { type: "error", sequence_number: 2, error: { ...error, type: "invalid_request_error", param: "input" } },
      { type: "response.failed", sequence_number: 3, response: { status: "failed", error } },
    ]);
  });

  it("may have parameters that nobody knows when they are to be accepted", async () => {
    expect((await respond({ input: "hi", odd: 1 }, { unknownParameters: "accept" })).status).toBe("completed");
  });
});

describe("a web page", () => {
  it.each<[Record<string, string>, number]>([
    [{ host: "evil.example" }, 403],
    [{ host: "evil.example:4010" }, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ host: "localhost:1" }, 200],
    [{ host: "api.localhost" }, 200],
    [{ host: "127.0.0.1" }, 200],
    [{ host: "[::1]:80" }, 200],
    [{ origin: "http://localhost:3000" }, 200],
    [{ host: "emulator.test" }, 200],
  ])("with %j is answered with %d, over HTTP and WebSocket", async (headers, status) => {
    const { url } = await emulator({ allowedHosts: ["emulator.test"] });
    expect((await send(`${url}/models`, { headers })).status).toBe(status);
    const upgrade = { connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
    const handshake = await send(`${url}/responses`, { headers: { ...upgrade, ...headers } });
    expect(handshake.status === 403).toBe(status === 403);
  });
});
