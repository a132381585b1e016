import { ProtocolError } from "../../client/failure/kinds.ts";
import { invalidType, missingField } from "./decode-failure.ts";
import { isJsonObject, type JsonObject, numberOf } from "./json.ts";

/** Makes the error for an answer of another form. @param why - With the place in the answer. */
export type Explain = (why: string) => Error;

/**
 * Reads the documented fields of an object in an answer. A field that is missing or of the wrong type throws a {@link ProtocolError} that
 * names its place; the error that the answer tells, if it tells one.
 */
export class AnswerReader {
  /** As received. */
  readonly fields: JsonObject;
  readonly #explain: Explain;
  readonly #place: string;

  /**
   * @param failure - Beginning of the messages, e.g. `failed to decode search response`; or what makes the errors.
   * @param place - Place of the object in its answer, e.g. `output[0]`; empty for the answer itself.
   * @throws {@link ProtocolError} `value` is not an object.
   */
  constructor(value: unknown, failure: string | Explain, place = "") {
    this.#explain = typeof failure === "string" ? (why) => new ProtocolError(`${failure}: ${why}`) : failure;
    this.#place = place;
    if (!isJsonObject(value)) throw this.undecodable(invalidType(value, "a JSON object"));
    this.fields = value;
  }

  /** @param alias - Read if there is no `name`. */
  text(name: string, alias = name): string {
    const value = this.#present(name, alias);
    if (typeof value === "string") return value;
    throw this.#mistyped(name, value, "a string");
  }

  /** Undefined if the field is missing or null. */
  optionalText(name: string): string | undefined {
    const value = this.fields[name];
    return value === undefined || value === null ? undefined : this.text(name);
  }

  number(name: string, expected: string): number {
    const value = this.#present(name);
    const number = numberOf(value);
    if (number !== undefined) return number;
    throw this.#mistyped(name, value, expected);
  }

  /** @param read - Gets the entry and its place. */
  list<Entry>(name: string, read: (entry: unknown, place: string) => Entry): Entry[] {
    const value = this.#present(name);
    if (!Array.isArray(value)) throw this.#mistyped(name, value, "a sequence");
    return value.map((entry: unknown, index) => read(entry, `${this.pathOf(name)}[${index}]`));
  }

  objects<Entry>(name: string, read: (entry: AnswerReader) => Entry): Entry[] {
    return this.list(name, (entry, place) => read(this.at(entry, place)));
  }

  /** Reads a value inside this object. */
  at(value: unknown, place: string): AnswerReader {
    return new AnswerReader(value, this.#explain, place);
  }

  undecodable(why: string, place = this.#place): Error {
    return this.#explain(`${place && `${place}: `}${why}`);
  }

  #present(name: string, alias = name): unknown {
    const value = this.fields[name] ?? this.fields[alias];
    if (value === undefined) throw this.undecodable(missingField(name));
    return value;
  }

  #mistyped(name: string, value: unknown, expected: string): Error {
    return this.undecodable(invalidType(value, expected), this.pathOf(name));
  }

  /** Place of a field in the answer, e.g. `output[0].id`. */
  pathOf(name: string): string {
    return this.#place === "" ? name : `${this.#place}.${name}`;
  }
}
