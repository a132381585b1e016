import { type Fields, isFields, listIn, stringIn } from "../fields.ts";
import { findCalculation, formatNumber } from "./arithmetic.ts";
import type { Dialogue } from "./dialogue.ts";
import type { Citation, Draft } from "./draft.ts";
import { valueFor } from "./schema-values.ts";
import { answerText } from "./topics.ts";

/** What the service did by itself, and the message that follows; no message if it waits for an approval. */
export interface HostedTurn {
  readonly drafts: readonly Draft[];
  readonly text?: string;
  readonly citations?: readonly Citation[];
}

const CHANCES: readonly { readonly tool: RegExp; readonly prompt: RegExp }[] = [
  { tool: /^web_search/, prompt: /\b(?:search|look up|news|latest|browse|on the web)\b/i },
  { tool: /^file_search$/, prompt: /\b(?:files?|documents?|knowledge base|vector store)\b/i },
  { tool: /^image_generation$/, prompt: /\b(?:draw|paint|picture|image|illustration|logo)\b/i },
  { tool: /^code_interpreter$/, prompt: /\b(?:python|code interpreter|compute|calculate|plot)\b/i },
];
const SOURCES: readonly Citation[] = [
  { url: "https://example.com/one", title: "An example page" },
  { url: "https://example.org/two", title: "Another example page" },
];

/** Plays a hosted tool if the prompt calls for one, or `tool_choice` forces it. The web and the servers are made up. */
export function playHostedTool(body: Fields, tools: readonly Fields[], dialogue: Dialogue): HostedTurn | undefined {
  if (body.tool_choice === "none") return undefined;
  const forced = isFields(body.tool_choice) ? stringIn(body.tool_choice, "type") : undefined;
  const forcedLabel = isFields(body.tool_choice) ? stringIn(body.tool_choice, "server_label") : undefined;
  for (const tool of tools) {
    const type = stringIn(tool, "type") ?? "";
    const isForced = type === forced && (forcedLabel === undefined || tool.server_label === forcedLabel);
    if (type === "mcp" && (isForced || isAddressed(tool, dialogue.prompt))) return playServer(tool, dialogue);
    const chance = CHANCES.find((candidate) => candidate.tool.test(type));
    if (chance && (isForced || (forced === undefined && chance.prompt.test(dialogue.prompt))))
      return play(type, tool, dialogue);
  }
  return undefined;
}

/** Continues after the user has approved or refused a call of a server. */
export function goOnAfterApproval({ approval }: Dialogue): HostedTurn | undefined {
  if (!approval) return undefined;
  const { request, requestId, approved } = approval;
  const name = stringIn(request, "name") ?? "";
  if (!approved) return { drafts: [], text: `Then I do not call ${name}.` };
  const call = serverCall(stringIn(request, "server_label") ?? "", name, stringIn(request, "arguments") ?? "{}");
  return { drafts: [{ ...call, approvalRequestId: requestId }], text: `The tool ${name} answered: ${call.output}` };
}

function play(type: string, tool: Fields, dialogue: Dialogue): HostedTurn {
  const { prompt } = dialogue;
  const text = answerText(dialogue);
  if (type.startsWith("web_search")) {
    return { drafts: [{ type: "web_search_call", query: prompt, sources: SOURCES }], text, citations: SOURCES };
  }
  if (type === "file_search") {
    const storeIds = Array.isArray(tool.vector_store_ids) ? tool.vector_store_ids.map(String) : [];
    return { drafts: [{ type: "file_search_call", query: prompt, storeIds }], text };
  }
  if (type === "image_generation") {
    const partialImages = typeof tool.partial_images === "number" ? tool.partial_images : 0;
    return { drafts: [{ type: "image_generation_call", prompt, partialImages }], text: "Here is the image." };
  }
  const calculation = findCalculation(prompt);
  const code = `print(${calculation?.expression ?? JSON.stringify(prompt)})`;
  const logs = calculation ? formatNumber(calculation.value) : prompt;
  return { drafts: [{ type: "code_interpreter_call", code, logs: `${logs}\n` }], text: `The program printed ${logs}.` };
}

function isAddressed(tool: Fields, prompt: string): boolean {
  const label = stringIn(tool, "server_label") ?? "";
  return /\bmcp\b/i.test(prompt) || (label !== "" && prompt.toLowerCase().includes(label.toLowerCase()));
}

function playServer(tool: Fields, dialogue: Dialogue): HostedTurn {
  const serverLabel = stringIn(tool, "server_label") ?? "server";
  const allowed = Array.isArray(tool.allowed_tools)
    ? tool.allowed_tools.filter((name) => typeof name === "string")
    : [];
  const name = allowed[0] ?? "lookup";
  const schema = {
    type: "object",
    properties: { query: { type: "string" } },
    required: ["query"],
    additionalProperties: false,
  };
  const listing: Draft = {
    type: "mcp_list_tools",
    serverLabel,
    tools: (allowed.length > 0 ? allowed : [name]).map((toolName) => ({
      name: toolName,
      description: "A tool that the emulator made up.",
      input_schema: schema,
      annotations: null,
    })),
  };
  const given = JSON.stringify(valueFor(schema, { prompt: dialogue.prompt, answer: answerText(dialogue) }));
  const isAsked = tool.require_approval !== "never" && !isExempt(tool.require_approval, name);
  if (isAsked) return { drafts: [listing, { type: "mcp_approval_request", serverLabel, name, arguments: given }] };
  const call = serverCall(serverLabel, name, given);
  return { drafts: [listing, call], text: `The tool ${name} answered: ${call.output}` };
}

function isExempt(rule: unknown, name: string): boolean {
  if (!isFields(rule) || !isFields(rule.never)) return false;
  const names = rule.never.tool_names;
  return Array.isArray(names) && names.includes(name);
}

function serverCall(serverLabel: string, name: string, given: string): Draft & { readonly type: "mcp_call" } {
  return { type: "mcp_call", serverLabel, name, arguments: given, output: `${serverLabel} has nothing but this line.` };
}

/** The tools that the service runs itself. */
export function hostedTools(declared: readonly Fields[]): readonly Fields[] {
  return declared.flatMap((tool) => (tool.type === "namespace" ? listIn(tool, "tools") : [tool]));
}
