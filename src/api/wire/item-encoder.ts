import type { ResponseItem } from "./items.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** Writes one field of `from` into `to`; false when `from` does not have the documented form. */
type FieldRule = (from: JsonObject, to: Record<string, unknown>) => boolean;
/** The value as it is written; `undefined` when it is not what the field may hold. */
type Accept = (value: unknown) => unknown;
type Form = readonly FieldRule[];

const required =
  (name: string, accept: Accept): FieldRule =>
  (from, to) => {
    const written = accept(from[name]);
    if (written === undefined) return false;
    to[name] = written;
    return true;
  };

/** Left out when there is none. */
const optional = (name: string, accept: Accept): FieldRule => {
  const rule = required(name, accept);
  return (from, to) => from[name] === undefined || from[name] === null || rule(from, to);
};

/** `null` when there is none. */
const nullable = (name: string, accept: Accept): FieldRule => {
  const rule = required(name, accept);
  return (from, to) => {
    if (from[name] !== undefined && from[name] !== null) return rule(from, to);
    to[name] = null;
    return true;
  };
};

const text: Accept = (value) => (typeof value === "string" ? value : undefined);
const flag: Accept = (value) => (typeof value === "boolean" ? value : undefined);
const count: Accept = (value) => (Number.isInteger(value) && Number(value) >= 0 ? value : undefined);
const anyJson: Accept = (value) => value;
const anyList: Accept = (value) => (Array.isArray(value) ? value : undefined);
const texts: Accept = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string") ? value : undefined;
const textMap: Accept = (value) =>
  isJsonObject(value) && Object.values(value).every((entry) => typeof entry === "string") ? value : undefined;

function write(form: Form, from: JsonObject, to: Record<string, unknown>): boolean {
  for (const rule of form) if (!rule(from, to)) return false;
  return true;
}

/** A part of an item: in its documented form if it has it, else as it came. */
const part =
  (forms: Readonly<Record<string, Form>>): Accept =>
  (value) => {
    if (!isJsonObject(value) || typeof value.type !== "string" || !Object.hasOwn(forms, value.type)) return value;
    const written = { type: value.type };
    return write(forms[value.type] ?? [], value, written) ? written : value;
  };

const listOf =
  (accept: Accept): Accept =>
  (value) =>
    Array.isArray(value) ? value.map(accept) : undefined;

const textPart: Form = [required("text", text)];
const imagePart: Form = [required("image_url", text), optional("detail", text)];
const content = listOf(part({ input_text: textPart, input_image: imagePart, output_text: textPart }));
const outputParts = listOf(part({ input_text: textPart, input_image: imagePart }));
const output: Accept = (value) => text(value) ?? outputParts(value);
const summary = listOf(part({ summary_text: textPart }));
const reasoningParts = listOf(part({ reasoning_text: textPart, text: textPart }));

const isPlainText = (entry: unknown): boolean => isJsonObject(entry) && entry.type === "text";
const writtenReasoning = nullable("content", reasoningParts);
// Null when there is none, left out when plain `text` is all there is: the reference's rule, which reads inverted.
const reasoningContent: FieldRule = (from, to) =>
  (Array.isArray(from.content) && from.content.every(isPlainText)) || writtenReasoning(from, to);

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

const COMPACTION: Form = [required("encrypted_content", text)];

/** Every kind that the reference writes, its fields in the order in which they stand on the wire. */
const ITEM_FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  [
    "message",
    [required("role", text), required("content", content), optional("end_turn", flag), optional("phase", text)],
  ],
  ["reasoning", [required("summary", summary), reasoningContent, nullable("encrypted_content", text)]],
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
      optional("namespace", text), // later than the reference; without it a namespaced tool loses its name
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
  ["other", []],
]);

/** Kinds whose id a server that stores responses (Azure) wants to see again. */
const STORED_KINDS: ReadonlySet<string> = new Set([
  "reasoning",
  "message",
  "web_search_call",
  "function_call",
  "tool_search_call",
  "local_shell_call",
  "custom_tool_call",
]);

export interface ItemEncoding {
  /** Appends the `id` of those items that a storing server knows. Default false: ids are not sent. */
  readonly attachIds?: boolean | undefined;
}

/**
 * The item as it goes into a request. A known kind has exactly the reference's fields, in its order: no id (but that of
 * an `image_generation_call`), no field that the service alone writes (`status` of a message, `annotations`, …).
 * A kind that is not known goes out as it came, and so does an unknown content part or action inside a known item.
 * A known item that lacks a required field goes out as it came, without its id: the service says best what is wrong with it.
 * The item itself is never changed; parts of it may be shared with the result.
 *
 * Differs from the reference: `detail` of a message's image and unknown kinds are kept.
 */
export function encodeItem(item: ResponseItem, encoding: ItemEncoding = {}): JsonObject {
  const source = item as JsonObject;
  const received: string = item.type;
  const form = ITEM_FORMS.get(received);
  if (!form) return source;
  const type = received === "compaction_summary" ? "compaction" : received;
  let written: Record<string, unknown> = { type };
  if (!write(form, source, written)) written = asItCame(source, type);
  if (encoding.attachIds && STORED_KINDS.has(type) && typeof source.id === "string" && source.id !== "") {
    written.id = source.id;
  }
  return written;
}

function asItCame(source: JsonObject, type: string): Record<string, unknown> {
  const { id, ...rest } = source;
  return type === "image_generation_call" ? { ...source } : { ...rest, type };
}

/** The items of a request's input; `ghost_snapshot` is a local note and stays behind. */
export function encodeInput(items: readonly ResponseItem[], encoding: ItemEncoding = {}): JsonObject[] {
  const written: JsonObject[] = [];
  for (const item of items) if (item.type !== "ghost_snapshot") written.push(encodeItem(item, encoding));
  return written;
}
