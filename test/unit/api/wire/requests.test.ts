import { describe, expect, test } from "vitest";
import type { ResponseItem } from "../../../../src/api/wire/items.ts";
import type { JsonObject } from "../../../../src/api/wire/json.ts";
import {
  createTextParam,
  encodeResponsesRequest,
  type ResponsesRequest,
  websocketFrame,
} from "../../../../src/api/wire/requests.ts";
import { BuildError } from "../../../../src/client/failure/kinds.ts";

const minimal: ResponsesRequest = { model: "gpt-5", input: [] };

/** As it is sent. */
const asJson = (body: JsonObject): JsonObject => JSON.parse(JSON.stringify(body));

describe("encodeResponsesRequest", () => {
  test("fills in the reference's defaults, in its key order", () => {
    expect(JSON.stringify(encodeResponsesRequest(minimal))).toBe(
      '{"model":"gpt-5","instructions":"","input":[],"tools":[],"tool_choice":"auto","parallel_tool_calls":true,"reasoning":null,"store":false,"stream":true,"include":[]}',
    );
  });

  test("keeps the key order whatever the order of the request, further fields last", () => {
    const request: ResponsesRequest = {
      temperature: 0,
      client_metadata: { turn_id: "t" },
      text: { verbosity: "low" },
      prompt_cache_key: "k",
      service_tier: "flex",
      include: [],
      stream: true,
      store: true,
      reasoning: { effort: "medium" },
      parallel_tool_calls: false,
      tool_choice: "none",
      tools: [{ type: "web_search" }],
      input: "hi",
      instructions: "be brief",
      model: "gpt-5",
      user: undefined,
    };
    expect(JSON.stringify(encodeResponsesRequest(request))).toBe(
      '{"model":"gpt-5","instructions":"be brief","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],' +
        '"tools":[{"type":"web_search"}],"tool_choice":"none","parallel_tool_calls":false,"reasoning":{"effort":"medium"},"store":true,"stream":true,' +
        '"include":[],"service_tier":"flex","prompt_cache_key":"k","text":{"verbosity":"low"},"temperature":0,"client_metadata":{"turn_id":"t"}}',
    );
    expect(Object.keys(encodeResponsesRequest(request))).not.toContain("user");
  });

  test.each<[string, Partial<ResponsesRequest>, object]>([
    [
      "encrypted reasoning is requested if the model reasons",
      { reasoning: {} },
      { reasoning: {}, include: ["reasoning.encrypted_content"] },
    ],
    ["the caller's include is kept", { reasoning: {}, include: ["x"] }, { include: ["x"] }],
    ["fast is sent as priority", { service_tier: "fast" }, { service_tier: "priority" }],
    [
      "null stands for the default",
      { tools: null, instructions: null, store: null, include: null, tool_choice: null, parallel_tool_calls: null },
      encodeResponsesRequest(minimal),
    ],
  ])("%s", (_, fields, expected) => {
    expect(encodeResponsesRequest({ ...minimal, ...fields })).toMatchObject(expected);
  });

  test.each(["service_tier", "prompt_cache_key", "text"])("leaves %s out when it is null", (field) => {
    expect(encodeResponsesRequest({ ...minimal, [field]: null })).not.toHaveProperty(field);
  });

  test("writes items in wire form and drops local notes", () => {
    const ghost = { id: "g", preexisting_untracked_files: [], preexisting_untracked_dirs: [] };
    const input: ResponseItem[] = [
      { type: "message", id: "m", role: "assistant", content: [], status: "completed" },
      { type: "ghost_snapshot", ghost_commit: ghost },
    ];
    expect(asJson(encodeResponsesRequest({ ...minimal, input })).input).toEqual([
      { type: "message", role: "assistant", content: [] },
    ]);
  });

  const call: ResponseItem = { type: "function_call", id: "fc_1", name: "f", arguments: "", call_id: "c" };
  test.each<[string, Partial<ResponsesRequest>, boolean, boolean, boolean]>([
    ["Azure stores, and the items keep their ids", {}, true, true, true],
    ["Azure without store sends no ids", { store: false }, true, false, false],
    ["elsewhere store alone adds no ids", { store: true }, false, true, false],
  ])("%s", (_, fields, azure, store, hasId) => {
    const body = asJson(encodeResponsesRequest({ ...minimal, input: [call], ...fields }, { azure }));
    expect(body.store).toBe(store);
    expect((body.input as object[])[0]).toEqual({
      type: "function_call",
      name: "f",
      arguments: "",
      call_id: "c",
      ...(hasId ? { id: "fc_1" } : {}),
    });
  });

  test.each<[unknown, string]>([
    [undefined, "the request must be an object, for example { model, input }, and is a value of type undefined"],
    ["hello", 'the request must be an object, for example { model, input }, and is "hello"'],
    [{ model: "m", messages: [] }, "input is missing: it is what Chat Completions calls messages"],
    [{ model: "m" }, "input is missing"],
    [{ model: "m", input: { role: "user" } }, "input is missing"],
    [{ model: "m", input: "", extra: { temperature: 1 } }, "extra.temperature repeats a field of the request itself"],
    [{ model: "m", input: ["hi"] }, "input[0] is not an object"],
    [{ model: "m", input: [null] }, "input[0] is not an object"],
  ])("refuses %j before anything is sent", (request, message) => {
    const encode = () => encodeResponsesRequest(request as ResponsesRequest);
    expect(encode).toThrow(BuildError);
    expect(encode).toThrow(message);
  });

  test("never changes the request", () => {
    const request = { ...minimal, input: [call], text: { verbosity: "low" }, extra: { a: 1 } };
    const before = structuredClone(request);
    asJson(encodeResponsesRequest(request, { azure: true }));
    expect(request).toEqual(before);
  });
});

describe("websocketFrame", () => {
  const body = encodeResponsesRequest({ ...minimal, text: { verbosity: "low" }, temperature: 0 });

  test("puts the type first and everything else as over HTTP", () => {
    expect(Object.keys(websocketFrame(body))).toEqual(["type", ...Object.keys(body)]);
    expect(websocketFrame(body)).toEqual({ type: "response.create", ...body });
  });

  test("puts previous_response_id after instructions, generate and client_metadata last", () => {
    const frame = websocketFrame(body, { previousResponseId: "resp_1", generate: false, clientMetadata: { a: "b" } });
    expect(JSON.stringify(frame)).toBe(
      '{"type":"response.create","model":"gpt-5","instructions":"","previous_response_id":"resp_1","input":[],"tools":[],"tool_choice":"auto","parallel_tool_calls":true,"reasoning":null,' +
        '"store":false,"stream":true,"include":[],"text":{"verbosity":"low"},"temperature":0,"generate":false,"client_metadata":{"a":"b"}}',
    );
  });

  test("joins client_metadata with the body's own and leaves it out when it is empty", () => {
    const own = { ...body, client_metadata: { a: "1", b: "2" } };
    expect(websocketFrame(own, { clientMetadata: { b: "3" } }).client_metadata).toEqual({ a: "1", b: "3" });
    expect(websocketFrame(body, { clientMetadata: {} })).not.toHaveProperty("client_metadata");
  });

  test("prefers the connection's previous response to the body's", () => {
    const own = { ...body, previous_response_id: "mine", type: "other" };
    expect(websocketFrame(own)).toMatchObject({ type: "response.create", previous_response_id: "mine" });
    expect(websocketFrame(own, { previousResponseId: "theirs" }).previous_response_id).toBe("theirs");
  });

  test("keeps the body's own generate unless the connection sets it", () => {
    expect(websocketFrame({ ...body, generate: false }).generate).toBe(false);
    expect(websocketFrame({ ...body, generate: false }, { generate: true }).generate).toBe(true);
  });

  test("accepts a body that lacks fields of a request", () => {
    expect(JSON.stringify(websocketFrame({ input: "x" }))).toBe('{"type":"response.create","input":"x"}');
  });
});

describe("createTextParam", () => {
  const schema = { type: "object" };
  test.each<[string, Parameters<typeof createTextParam>[0], string | undefined]>([
    ["nothing", {}, undefined],
    ["a null schema", { schema: null }, undefined],
    ["a verbosity", { verbosity: "low" }, '{"verbosity":"low"}'],
    [
      "a schema",
      { schema },
      '{"format":{"type":"json_schema","strict":true,"schema":{"type":"object"},"name":"codex_output_schema"}}',
    ],
    [
      "both",
      { schema, verbosity: "high" },
      '{"verbosity":"high","format":{"type":"json_schema","strict":true,"schema":{"type":"object"},"name":"codex_output_schema"}}',
    ],
    [
      "a schema without strict",
      { schema, strict: false },
      '{"format":{"type":"json_schema","strict":false,"schema":{"type":"object"},"name":"codex_output_schema"}}',
    ],
  ])("writes %s in wire form", (_, options, expected) => {
    expect(JSON.stringify(createTextParam(options))).toBe(expected);
  });
});
