import { BuildError } from "../../client/failure/kinds.ts";
import { encodeInput, type ItemEncoding } from "./item-encoder.ts";
import type { ResponseItem } from "./items.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** A conversation's items, or a text that stands for one message of the user. */
export type RequestInput = string | readonly ResponseItem[];

/** @throws {@link BuildError} `input` is neither, or an item has no `type`; the message names the place. */
export function encodeRequestInput(input: RequestInput, encoding: ItemEncoding = {}): JsonObject[] {
  return encodeInput(inputItems(input), encoding);
}

/** The items that `input` stands for. Throws as {@link encodeRequestInput} does. */
export function inputItems(input: RequestInput): readonly ResponseItem[] {
  if (typeof input === "string") {
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }];
  }
  if (!Array.isArray(input)) throw new BuildError("input is missing: give a text or a list of items");
  input.forEach(checkItem);
  return input;
}

/** @throws {@link BuildError} */
export function checkModel(model: unknown): void {
  if (typeof model !== "string" || model === "") {
    throw new BuildError("model is missing: name the model that shall answer");
  }
}

function checkItem(item: unknown, index: number): void {
  if (!isJsonObject(item)) throw new BuildError(`input[${index}] is not an object`);
  if (typeof item.type === "string" && item.type !== "") return;
  throw new BuildError(`input[${index}].type is missing; a message is { type: "message", role, content: [...] }`);
}
