/** How the Rust client writes items: which fields, in which order, and the value of a missing one. */
import { isJsonObject, type JsonObject } from "./json.ts";

/** The value to write; `undefined` if the field may not have this value. */
type Accept = (value: unknown) => unknown;
/** One field: which values it may have, and what becomes of a missing one. */
interface FieldRule {
  readonly name: string;
  readonly accept: Accept;
  readonly missing: "refused" | "left out" | "null";
}
/** Fields in the Rust client's order, and which further ones are left out. */
interface Form {
  readonly rules: readonly FieldRule[];
  readonly names: ReadonlySet<string>;
  readonly isLeftOut: (name: string, value: unknown) => boolean;
}

/**
 * Fields that are not sent back.
 *
 * `status`: the service documents it as "populated when items are returned via API" for these kinds, and refuses it on some. `created_by`
 * is in no documented input type. Fields that an answer always has are left out if they are an empty list.
 */
const OUTPUT_ONLY_STATUS: ReadonlySet<string> = new Set([
  "message",
  "reasoning",
  "function_call",
  "function_call_output",
  "custom_tool_call_output",
]);
const OUTPUT_ONLY = "created_by";
const LEFT_OUT_WHEN_EMPTY: ReadonlySet<string> = new Set(["annotations", "logprobs", "sources"]);

function form(rules: readonly FieldRule[], type: string): Form {
  const names = new Set(["type", "id", ...rules.map((rule) => rule.name)]);
  const isLeftOut = (name: string, value: unknown): boolean =>
    name === OUTPUT_ONLY || (name === "status" && OUTPUT_ONLY_STATUS.has(type)) || isNothing(name, value);
  return { rules, names, isLeftOut };
}

function partForm(rules: readonly FieldRule[]): Form {
  return { rules, names: new Set(["type", ...rules.map((rule) => rule.name)]), isLeftOut: isNothing };
}

/** The service writes null if there is no value. */
function isNothing(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return LEFT_OUT_WHEN_EMPTY.has(name) && Array.isArray(value) && value.length === 0;
}

/** Writes the documented fields, then the further ones as received. Returns false, with some fields written, if one has another form. */
export function writeForm({ rules, names, isLeftOut }: Form, from: JsonObject, to: Record<string, unknown>): boolean {
  for (const { name, accept, missing } of rules) {
    const value = from[name];
    if (missing !== "refused" && (value === undefined || value === null)) {
      if (missing === "null") to[name] = null;
      continue;
    }
    const written = accept(value);
    if (written === undefined) return false;
    if (written !== LEFT_OUT) to[name] = written;
  }
  for (const name in from) {
    if (!names.has(name) && Object.hasOwn(from, name) && !isLeftOut(name, from[name])) setField(to, name, from[name]);
  }
  return true;
}

/** Assignment would treat a field `__proto__` as the prototype. */
function setField(to: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(to, name, { value, enumerable: true });
  else to[name] = value;
}

/** What {@link Accept} returns for a value that is not sent. */
const LEFT_OUT = Symbol("left out");

const required = (name: string, accept: Accept): FieldRule => ({ name, accept, missing: "refused" });
/** Left out if there is no value. */
const optional = (name: string, accept: Accept): FieldRule => ({ name, accept, missing: "left out" });
/** `null` if there is no value. */
const nullable = (name: string, accept: Accept): FieldRule => ({ name, accept, missing: "null" });

const text: Accept = (value) => (typeof value === "string" ? value : undefined);
const flag: Accept = (value) => (typeof value === "boolean" ? value : undefined);
const count: Accept = (value) => (Number.isInteger(value) && Number(value) >= 0 ? value : undefined);
const anyJson: Accept = (value) => value;
const anyList: Accept = (value) => (Array.isArray(value) ? value : undefined);
const texts: Accept = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string") ? value : undefined;
const textMap: Accept = (value) =>
  isJsonObject(value) && Object.values(value).every((entry) => typeof entry === "string") ? value : undefined;

/** A part of an item: in its documented form if it has it, else as received. */
const part = (forms: Readonly<Record<string, readonly FieldRule[]>>): Accept => {
  const known = new Map(Object.entries(forms).map(([type, rules]) => [type, partForm(rules)]));
  return (value) => {
    const documented = isJsonObject(value) && typeof value.type === "string" ? known.get(value.type) : undefined;
    if (!isJsonObject(value) || !documented) return value;
    const written = { type: value.type };
    return writeForm(documented, value, written) ? written : value;
  };
};

const listOf =
  (accept: Accept): Accept =>
  (value) =>
    Array.isArray(value) ? value.map(accept) : undefined;

const textPart = [required("text", text)];
const imagePart = [required("image_url", text), optional("detail", text)];
const content = listOf(part({ input_text: textPart, input_image: imagePart, output_text: textPart }));
const outputParts = listOf(part({ input_text: textPart, input_image: imagePart }));
const output: Accept = (value) => text(value) ?? outputParts(value);
const summary = listOf(part({ summary_text: textPart }));
const reasoningParts = listOf(part({ reasoning_text: textPart, text: textPart }));

const isPlainText = (entry: unknown): boolean => isJsonObject(entry) && entry.type === "text";
// Left out if plain `text` is all there is: this is the Rust client's rule, although it looks inverted.
const reasoningContent: Accept = (value) =>
  Array.isArray(value) && value.every(isPlainText) ? LEFT_OUT : reasoningParts(value);

const shellAction = part({
  exec: [
    required("command", texts),
    nullable("timeout_ms", count),
    nullable("working_directory", text),
    nullable("env", textMap),
    nullable("user", text),
  ],
});
const searchAction = part({
  search: [optional("query", text), optional("queries", texts)],
  open_page: [optional("url", text)],
  find_in_page: [optional("url", text), optional("pattern", text)],
});

const COMPACTION = [required("encrypted_content", text)];

/** All kinds that the Rust client writes, with their fields in wire order. */
const ITEM_RULES: ReadonlyMap<string, readonly FieldRule[]> = new Map([
  [
    "message",
    [required("role", text), required("content", content), optional("end_turn", flag), optional("phase", text)],
  ],
  [
    "reasoning",
    [required("summary", summary), nullable("content", reasoningContent), nullable("encrypted_content", text)],
  ],
  ["local_shell_call", [nullable("call_id", text), required("status", text), required("action", shellAction)]],
  [
    "function_call",
    [required("name", text), optional("namespace", text), required("arguments", text), required("call_id", text)],
  ],
  [
    "tool_search_call",
    [nullable("call_id", text), optional("status", text), required("execution", text), required("arguments", anyJson)],
  ],
  ["function_call_output", [required("call_id", text), required("output", output)]],
  [
    "custom_tool_call",
    [
      optional("status", text),
      required("call_id", text),
      required("name", text),
      optional("namespace", text), // newer than the Rust client; without it a namespaced tool loses its name
      required("input", text),
    ],
  ],
  ["custom_tool_call_output", [required("call_id", text), optional("name", text), required("output", output)]],
  [
    "tool_search_output",
    [nullable("call_id", text), required("status", text), required("execution", text), required("tools", anyList)],
  ],
  ["web_search_call", [optional("status", text), optional("action", searchAction)]],
  [
    "image_generation_call",
    [required("id", text), required("status", text), optional("revised_prompt", text), required("result", text)],
  ],
  ["compaction", COMPACTION],
  ["compaction_summary", COMPACTION],
]);

export const ITEM_FORMS: ReadonlyMap<string, Form> = new Map(
  Array.from(ITEM_RULES, ([type, rules]) => [type, form(rules, type)]),
);
