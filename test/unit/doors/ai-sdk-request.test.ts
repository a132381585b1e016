import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import { describe, expect, it } from "vitest";
import { modelCall } from "../../../src/doors/ai-sdk/request.ts";

function requestOf(options: Partial<LanguageModelV4CallOptions> = {}, model = "gpt-5.5") {
  const prompt: LanguageModelV4CallOptions["prompt"] = [{ role: "user", content: [{ type: "text", text: "hi" }] }];
  const { request, warnings } = modelCall(model, { prompt, ...options }, {});
  return { request, warnings };
}

function functionTool(name: string, openai: object = {}): LanguageModelV4FunctionTool {
  const providerOptions = { openai } as NonNullable<LanguageModelV4FunctionTool["providerOptions"]>;
  return { type: "function", name, inputSchema: { type: "object" }, providerOptions };
}

const home = (description = "The house") => ({ namespace: { name: "home", description } });
const search = { type: "provider" as const, id: "openai.web_search" as const, name: "web", args: {} };
const docs = { type: "provider" as const, id: "openai.mcp" as const, name: "docs", args: { serverLabel: "docs" } };

describe("tools in a namespace", () => {
  it("are sent as one, in the place of the first of them", () => {
    const tools = [
      functionTool("look", home()),
      functionTool("go"),
      functionTool("ring", { ...home(), deferLoading: true }),
    ];
    expect(requestOf({ tools }).request.tools).toEqual([
      {
        ...{ type: "namespace", name: "home", description: "The house" },
        tools: [
          { type: "function", name: "look", parameters: { type: "object" }, strict: false },
          { type: "function", name: "ring", parameters: { type: "object" }, strict: false, defer_loading: true },
        ],
      },
      { type: "function", name: "go", parameters: { type: "object" }, strict: false },
    ]);
  });

  it("have to agree on its description", () => {
    const tools = [functionTool("look", home()), functionTool("ring", home("A bell"))];
    expect(() => requestOf({ tools })).toThrow(
      /two tools describe their namespace home differently; ring is the second one/,
    );
  });

  it("can also be given under this package's name, and a tool that the history has is left out", () => {
    const own = { ...functionTool("look"), providerOptions: { codexWire: home() } };
    const { request } = requestOf({ tools: [own, functionTool("known", { omitFromRequestTools: true })] });
    expect(request.tools).toMatchObject([{ type: "namespace", name: "home", tools: [{ name: "look" }] }]);
  });
});

describe("a list of allowed tools", () => {
  const tools = [
    functionTool("look"),
    functionTool("ring", home()),
    functionTool("late", { deferLoading: true }),
    search,
    docs,
  ];
  const allowing = (toolNames: readonly string[], mode?: string) => {
    const allowedTools = { toolNames: [...toolNames], ...(mode === undefined ? {} : { mode }) };
    return requestOf({ tools, toolChoice: { type: "required" }, providerOptions: { openai: { allowedTools } } });
  };

  it("overrides the choice, in the service's form", () => {
    const { request, warnings } = allowing(["look", "web", "docs"], "required");
    expect(request.tool_choice).toEqual({
      ...{ type: "allowed_tools", mode: "required" },
      tools: [{ type: "function", name: "look" }, { type: "web_search" }, { type: "mcp", server_label: "docs" }],
    });
    expect(request).not.toHaveProperty("allowed_tools");
    expect(warnings).toEqual([]);
  });

  it("is sent without tools that the service does not accept in one, with a warning", () => {
    const { request, warnings } = allowing(["look", "ring", "late", "nothing"]);
    expect(request.tool_choice).toMatchObject({ mode: "auto", tools: [{ name: "look" }] });
    expect(warnings.map((warning) => "feature" in warning && warning.feature)).toEqual(
      ["ring", "late", "nothing"].map((name) => `allowedTools entry "${name}"`),
    );
  });

  it("that names none of the tools is an error", () => {
    expect(() => allowing(["ring"])).toThrow(/allowedTools names no tool that can be allowed \(ring\)/);
  });
});

describe("options for OpenAI", () => {
  const having = (openai: object, options: Partial<LanguageModelV4CallOptions> = {}, model?: string) =>
    requestOf({ ...options, providerOptions: { openai: openai as Record<string, never> } }, model);

  it("that are not fields of a request are ignored", () => {
    const { request, warnings } = having({
      ...{ strictJsonSchema: false, forceReasoning: true, passThroughUnsupportedFiles: true, promptCacheKey: "k" },
      ...{ includeWebSearchSources: false, systemMessageMode: "developer", compactionTrigger: true },
      ...{ reasoningEffortUpdate: "low", textFormat: { type: "text" } },
    });
    expect(Object.keys(request).sort()).toEqual(["include", "input", "model", "prompt_cache_key", "text"]);
    expect(request.input.map(({ type }) => type)).toEqual(["configuration_update", "message", "compaction_trigger"]);
    expect(warnings).toMatchObject([{ feature: "providerOptions.openai.systemMessageMode" }]);
  });

  it("can request reasoning from a model not known for it, and leave out sources", () => {
    expect(having({}, {}, "gpt-4o").request.include).toEqual([]);
    expect(having({ forceReasoning: true }, {}, "gpt-4o").request.include).toEqual(["reasoning.encrypted_content"]);
    expect(having({}, { tools: [search] }).request.include).toContain("web_search_call.action.sources");
    const { include } = having({ includeWebSearchSources: false }, { tools: [search] }).request;
    expect(include).toEqual(["reasoning.encrypted_content"]);
  });

  it("that set an effort request a summary, unless they say otherwise", () => {
    expect(having({ reasoningEffort: "low" }).request.reasoning).toEqual({ effort: "low", summary: "detailed" });
    expect(having({ reasoningEffort: "low", reasoningSummary: null }).request.reasoning).toMatchObject({
      summary: null,
    });
    expect(having({ reasoningEffort: "none" }).request.reasoning).toEqual({ effort: "none" });
    expect(requestOf({ reasoning: "high" }).request.reasoning).toEqual({ effort: "high", summary: "detailed" });
  });
});

describe("options for OpenAI of a message", () => {
  const openai = (options: object) => ({ providerOptions: { openai: options as Record<string, never> } });
  const tool = { type: "function", name: "late", parameters: {} };
  const user: LanguageModelV4CallOptions["prompt"][number] = { role: "user", content: [{ type: "text", text: "hi" }] };
  const call = { type: "tool-call", toolCallId: "c", toolName: "look", input: {} } as const;
  const output = { type: "text", value: "out" } as const;
  const result = (options: object): LanguageModelV4CallOptions["prompt"][number] => ({
    role: "tool",
    content: [{ type: "tool-result", toolCallId: "c", toolName: "look", output, ...openai(options) }],
  });
  const inputOf = (...prompt: LanguageModelV4CallOptions["prompt"]) => requestOf({ prompt }).request;

  it("put another effort, another format and further tools in the message's place", () => {
    const { instructions, input } = inputOf(
      { role: "system", content: "be brief" },
      user,
      { role: "system", content: "", ...openai({ reasoningEffortUpdate: "low", textFormatUpdate: { type: "text" } }) },
      { role: "system", content: "look again", ...openai({ additionalTools: [tool] }) },
      user,
    );
    expect(instructions).toBe("be brief");
    expect(input).toMatchObject([
      { role: "user" },
      { type: "configuration_update", reasoning: { effort: "low" }, text: { format: { type: "text" } } },
      { role: "developer", content: [{ text: "look again" }] },
      { type: "additional_tools", role: "developer", tools: [tool] },
      { role: "user" },
    ]);
    const first = inputOf({ role: "system", content: "", ...openai({ reasoningEffortUpdate: "high" }) }, user);
    expect(first).not.toHaveProperty("instructions");
    expect(first.input[0]).toEqual({ type: "configuration_update", reasoning: { effort: "high" } });
  });

  it("put further tools after a tool's output", () => {
    const { input } = inputOf(user, { role: "assistant", content: [call] }, result({ additionalTools: [tool] }));
    expect(input.map(({ type }) => type)).toEqual([
      ...["message", "function_call", "function_call_output", "additional_tools"],
    ]);
  });

  it("mark the end of the cached prefix, in texts, files and outputs", () => {
    const at = openai({ promptCacheBreakpoint: { mode: "explicit" } });
    const file = { type: "file", mediaType: "image/png", data: { type: "url", url: new URL("https://host/i.png") } };
    const { instructions, input } = inputOf(
      { role: "system", content: "rules", ...at },
      { role: "user", content: [{ type: "text", text: "hi", ...at }, { ...file, ...at } as never] },
      { role: "assistant", content: [call] },
      result({ promptCacheBreakpoint: { mode: "explicit" } }),
    );
    const marked = { prompt_cache_breakpoint: { mode: "explicit" } };
    expect(instructions).toBeUndefined();
    expect(input).toMatchObject([
      { role: "developer", content: [marked] },
      { role: "user", content: [marked, marked] },
      { type: "function_call" },
      { type: "function_call_output", output: [{ type: "input_text", text: "out", ...marked }] },
    ]);
  });
});

it("leaves out the temperature for models that refuse it while they reason, with a warning", () => {
  const sampling = { temperature: 0, topP: 0.5 };
  const { request, warnings } = requestOf(sampling);
  expect(request).not.toHaveProperty("temperature");
  expect(warnings).toMatchObject([{ feature: "temperature" }, { feature: "topP" }]);
  for (const model of ["gpt-4o", "gpt-5-chat-latest", "llama3"])
    expect(requestOf(sampling, model).request).toMatchObject({ temperature: 0, top_p: 0.5 });
  expect(requestOf({ ...sampling, reasoning: "none" }).request).toMatchObject({ temperature: 0, top_p: 0.5 });
  const own = requestOf({ ...sampling, providerOptions: { codexWire: { temperature: 1 } } });
  expect(own.request).toMatchObject({ temperature: 1 }); // whoever uses wire names knows what he does
});
