import { BuildError } from "../../client/failure/kinds.ts";
import { object, present } from "../../client/options.ts";
import { encodeInput, type ItemEncoding } from "./item-encoder.ts";
import type { ResponseItem, ShortMessage } from "./items.ts";
import { fromCaller, isJsonObject, type JsonObject, jsonText } from "./json.ts";

/** The items of a conversation, including messages in short form; or a text, which is one user message. */
export type RequestInput = string | readonly (ResponseItem | ShortMessage)[];

/**
 * The items of a request, each brought into its form for the wire when it is written. A history has thousands: encoded all at once, they
 * would be gone from the processor's cache when their turn comes, and be copied by collections in between. As JSON it is the list of the
 * encoded items.
 */
export class InputList {
  readonly #items: readonly ResponseItem[];
  readonly #encoding: ItemEncoding;

  constructor(items: readonly ResponseItem[], encoding: ItemEncoding) {
    this.#items = items;
    this.#encoding = encoding;
  }

  /** How many there are, with those that are not sent. */
  get length(): number {
    return this.#items.length;
  }

  /** Those from `start` to before `end` that are sent, as they are sent. */
  slice(start: number, end: number): readonly JsonObject[] {
    return fromCaller(() => encodeInput(this.#items.slice(start, end), this.#encoding));
  }

  toJSON(): readonly JsonObject[] {
    return encodeInput(this.#items, this.#encoding);
  }
}

/** Length that a piece's text is to have. V8 keeps texts above 128 kB elsewhere, which costs a third more than the writing. */
export const PIECE_LENGTH = 88 * 1024;
/** Items of the first piece, whose length nobody knows yet. */
const FIRST_ITEMS = 16;

/** The JSON of a request with a long `input`: what is before and after the items, and lists of these. */
interface WrittenInPieces {
  readonly before: string;
  /** Each with its brackets, and none empty; written when it is asked for. */
  readonly lists: Iterable<string>;
  readonly after: string;
}

/**
 * Undefined for another value: it has few items, or is no plain object with a plain list.
 *
 * @throws {@link BuildError} The value cannot be written as JSON; so does reading `lists`.
 */
export function writtenInPieces(value: unknown): WrittenInPieces | undefined {
  if (!isJsonObject(value) || "toJSON" in value) return undefined;
  const { input } = value;
  const isList = input instanceof InputList || (Array.isArray(input) && !("toJSON" in input));
  if (!isList || input.length <= FIRST_ITEMS) return undefined;
  const fields = Object.entries(value);
  const place = fields.findIndex(([name]) => name === "input");
  const textOf = (part: typeof fields): string => jsonText(Object.fromEntries(part)).slice(1, -1);
  const [before, after] = [textOf(fields.slice(0, place)), textOf(fields.slice(place + 1))];
  return { before: `{${before}${before && ","}"input":[`, lists: listsOf(input), after: `]${after && ","}${after}}` };
}

function* listsOf(items: InputList | readonly unknown[]): Generator<string, void> {
  let count = FIRST_ITEMS;
  for (let at = 0; at < items.length; ) {
    const group = items.slice(at, at + count);
    at += count;
    if (group.length === 0) continue; // none of them is sent
    const text = jsonText(group);
    yield text;
    count = Math.max(1, Math.round((group.length * PIECE_LENGTH) / text.length));
  }
}

/** @throws {@link BuildError} `input` is neither a text nor a list, or an entry is not an object; the message names the place. */
export function encodeRequestInput(input: RequestInput, encoding: ItemEncoding = {}): JsonObject[] {
  return fromCaller(() => encodeInput(inputItems(input), encoding));
}

/** The items of `input`, with messages in the long form. Throws as {@link encodeRequestInput} does. */
export function inputItems(input: RequestInput): readonly ResponseItem[] {
  if (typeof input === "string") return [fullMessage({ role: "user", content: input })];
  if (!Array.isArray(input)) throw new BuildError("input is missing: give a text or a list of items and messages");
  return fromCaller(() => input.map(inputItem));
}

/** @throws {@link BuildError} It is no object. */
export function checkRequest(request: object): void {
  object("the request", request, "an object, for example { model, input }");
}

/** @throws {@link BuildError} */
export function checkModel(model: unknown): void {
  present("model", model, "name the model to ask");
}

function inputItem(entry: ResponseItem | ShortMessage, index: number): ResponseItem {
  if (!isJsonObject(entry)) {
    throw new BuildError(`input[${index}] is not an object; a message is { role: "user", content: "…" }`);
  }
  return isShort(entry) ? fullMessage(entry) : entry;
}

/** Everything else in `entry` is checked by the service. */
function isShort(entry: ResponseItem | ShortMessage): entry is ShortMessage {
  if (!("role" in entry) || !("content" in entry) || typeof entry.role !== "string") return false;
  return entry.type === undefined || (entry.type === "message" && typeof entry.content === "string");
}

/** The long form, because not every service accepts the short one, and so that a message is the same text in every prompt cache. */
function fullMessage({ type: _message, role, content, ...further }: ShortMessage): ResponseItem {
  const type = role === "assistant" ? "output_text" : "input_text";
  const parts = typeof content === "string" ? [{ type, text: content } as const] : content;
  return { type: "message", role, content: parts, ...further };
}
