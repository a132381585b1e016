import { type Fields, isFields } from "../fields.ts";
import { checkMembers, invalidType, invalidValue, missing, refused } from "./faults.ts";
import { checkImage } from "./image-data.ts";
import { isAltered } from "./seal.ts";
import { checkTools } from "./tools.ts";

/** As the service lists them. */
const ITEM_TYPES = [
  ...["additional_tools", "agent_message", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call"],
  ...["compaction", "compaction_trigger", "computer_call", "computer_call_output", "custom_tool_call"],
  ...["custom_tool_call_output", "file_search_call", "function_call", "function_call_output", "image_generation_call"],
  ...["item_reference", "local_shell_call", "local_shell_call_output", "mcp_approval_request"],
  ...["mcp_approval_response", "mcp_call", "mcp_list_tools", "message", "multi_agent_call", "multi_agent_call_output"],
  ...["program", "program_output", "reasoning", "shell_call", "shell_call_output", "tool_search_call"],
  ...["tool_search_output", "web_search_call"],
];
/** Kinds that only the Codex backend accepts. */
const UNLISTED_TYPES = ["compaction_summary", "context_compaction", "configuration_update"];
const ROLES = ["assistant", "system", "developer", "user"];
const PHASES = ["commentary", "final_answer"];
const INPUT_PARTS = ["input_text", "input_image", "input_file", "scoped_content", "input_audio"];
const OUTPUT_PARTS = ["output_text", "refusal"];
const ALL_PARTS = [
  ...["input_text", "input_image", "input_audio", "output_text", "refusal", "input_file"],
  ...["computer_screenshot", "summary_text", "encrypted_content"],
];
const MESSAGE_MEMBERS = new Set([
  ...["type", "role", "content", "id", "status", "name", "metadata", "end_turn"],
  "internal_chat_message_metadata_passthrough",
]);
const ASSISTANT_MEMBERS = new Set([...MESSAGE_MEMBERS, "phase"]);
const OUTPUT = /_call_output$/;

/** Checks one item of `input`. @throws {@link ServiceError} 400 for the first error. */
export function checkItem(item: unknown, param: string): Fields {
  if (!isFields(item)) throw invalidType(param, "an input item", item);
  const { type = "message" } = item;
  if (typeof type !== "string" || !(ITEM_TYPES.includes(type) || UNLISTED_TYPES.includes(type)))
    throw invalidValue(param, type, ITEM_TYPES);
  if (type === "message") checkMessage(item, param);
  else if (OUTPUT.test(type)) checkOutput(item, param);
  else if (type === "function_call" || type === "custom_tool_call") checkCall(item, type, param);
  else if (type === "item_reference") required(item, "id", param);
  else if (type === "additional_tools") checkTools(item.tools, `${param}.tools`);
  checkSeal(item);
  return item;
}

function checkMessage(item: Fields, param: string): void {
  const { role, content, phase } = item;
  if (typeof role !== "string" || !ROLES.includes(role)) throw invalidValue(param, role, ROLES);
  checkMembers(item, role === "assistant" ? ASSISTANT_MEMBERS : MESSAGE_MEMBERS, param);
  if (phase !== undefined && phase !== null && !(typeof phase === "string" && PHASES.includes(phase)))
    throw invalidValue(`${param}.phase`, phase, PHASES);
  if (typeof content === "string") return;
  if (content === undefined || content === null) throw missing(`${param}.content`);
  if (!Array.isArray(content)) throw invalidType(`${param}.content`, "one of an array of objects or string", content);
  const supported = role === "assistant" ? OUTPUT_PARTS : INPUT_PARTS;
  for (const [index, part] of content.entries()) checkPart(part, supported, `${param}.content[${index}]`);
}

function checkPart(part: unknown, supported: readonly string[], param: string): void {
  if (!isFields(part)) throw invalidType(param, "an object", part);
  const { type } = part;
  if (type === undefined) throw missing(`${param}.type`);
  if (typeof type !== "string" || !(ALL_PARTS.includes(type) || supported.includes(type)))
    throw invalidValue(`${param}.type`, type, ALL_PARTS);
  if (!supported.includes(type)) throw invalidValue(param, type, supported);
  if ((type === "input_text" || type === "output_text") && typeof part.text !== "string")
    throw missing(`${param}.text`);
  if (type === "input_image" && typeof part.image_url === "string") checkImage(part.image_url, param);
}

function checkOutput(item: Fields, param: string): void {
  required(item, "call_id", param);
  const { output } = item;
  if (item.type !== "function_call_output" && item.type !== "custom_tool_call_output") return;
  if (output === undefined || output === null) throw missing(`${param}.output`);
  if (typeof output === "string") return;
  if (!Array.isArray(output)) throw invalidType(`${param}.output`, "one of an array of objects or string", output);
  for (const [index, part] of output.entries()) checkPart(part, INPUT_PARTS, `${param}.output[${index}]`);
}

function checkCall(item: Fields, type: string, param: string): void {
  for (const name of ["call_id", "name", type === "function_call" ? "arguments" : "input"]) required(item, name, param);
}

function required(item: Fields, name: string, param: string): void {
  const value = item[name];
  if (value === undefined || value === null) throw missing(`${param}.${name}`);
  if (typeof value !== "string") throw invalidType(`${param}.${name}`, "a string", value);
}

function checkSeal({ type, id, encrypted_content: sealed }: Fields): void {
  if (type !== "reasoning" || typeof sealed !== "string" || !isAltered(sealed)) return;
  const which = typeof id === "string" ? `for item ${id}` : `${sealed.slice(0, 4)}...${sealed.slice(-4)}`;
  throw refused(
    `The encrypted content ${which} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
    undefined,
    "invalid_encrypted_content",
  );
}

/** Calls of the client's tools, and whether the service requires an output. Each has one, called `…_output`. */
const CALLS: ReadonlyMap<unknown, { readonly isOwed: boolean }> = new Map([
  ["function_call", { isOwed: true }],
  ["custom_tool_call", { isOwed: true }],
  ["local_shell_call", { isOwed: false }],
  ["shell_call", { isOwed: false }],
  ["apply_patch_call", { isOwed: false }],
]);
const OUTPUTS: ReadonlySet<unknown> = new Set(Array.from(CALLS.keys(), (call) => `${String(call)}_output`));

function isCallOrOutput({ type }: Fields): boolean {
  return CALLS.has(type) || OUTPUTS.has(type);
}

/**
 * Every call needs its output, unless it is `async`, and every output its call, over the whole conversation.
 *
 * @param compacted - Whether the conversation contains a compaction, in which the missing ones may be.
 * @throws {@link ServiceError} 400
 */
export function checkToolPairs(conversation: readonly Fields[], compacted: boolean): void {
  if (compacted || !conversation.some(isCallOrOutput)) return;
  const calls = new Set<unknown>();
  const outputs = new Set<unknown>();
  const owed = new Set<unknown>();
  for (const { type, call_id: id, async: mayComeLater } of conversation) {
    if (OUTPUTS.has(type)) outputs.add(id);
    if (!CALLS.has(type)) continue;
    calls.add(id);
    if (CALLS.get(type)?.isOwed && mayComeLater !== true) owed.add(id);
  }
  for (const id of outputs) {
    if (calls.has(id)) continue;
    throw refused(`No tool call found for function call output with call_id ${String(id)}.`, "input", "invalid_value");
  }
  for (const id of owed) {
    if (outputs.has(id)) continue;
    throw refused(`No tool output found for function call ${String(id)}.`, "input", "invalid_value");
  }
}
