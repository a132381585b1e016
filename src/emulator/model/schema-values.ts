import { type Fields, fieldsIn, isFields, stringIn } from "../fields.ts";
import { findCalculation } from "./arithmetic.ts";

/** Where values come from: the user's words, and the answer for fields that should contain one. */
export interface ValueSource {
  readonly prompt: string;
  readonly answer: string;
}

const DEEPEST = 12; // a recursive schema must end somewhere
const OPERATOR_NAMES: Readonly<Record<string, RegExp>> = {
  "+": /^(?:add|plus|sum)/i,
  "-": /^(?:sub|minus)/i,
  "*": /^(?:mul|times|prod)/i,
  "/": /^div/i,
};
const FORMATS: ReadonlyMap<string | undefined, string> = new Map([
  ["date-time", "2026-03-13T12:00:00Z"],
  ["date", "2026-03-13"],
  ["time", "12:00:00Z"],
  ["email", "emulator@example.com"],
  ["uri", "https://example.com/"],
  ["uuid", "00000000-0000-4000-8000-000000000000"],
]);

/**
 * Makes a value that matches a JSON schema, as far as structured output and tool parameters use it: types, `enum`, `const`, `anyOf`, `$ref`
 * into the same document, `required`, limits of numbers, strings and arrays. `pattern` is ignored.
 */
export function valueFor(schema: Fields, source: ValueSource): unknown {
  return new ValueMaker(schema, source).value(schema, "", 0);
}

class ValueMaker {
  readonly #root: Fields;
  readonly #source: ValueSource;
  readonly #numbers: number[];

  constructor(root: Fields, source: ValueSource) {
    this.#root = root;
    this.#source = source;
    this.#numbers = (source.prompt.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  }

  value(schema: Fields, key: string, depth: number): unknown {
    if (depth > DEEPEST) return null;
    const reference = stringIn(schema, "$ref");
    if (reference !== undefined) return this.value(this.#resolve(reference), key, depth + 1);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return this.#choose(schema.enum, schema.default);
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(alternatives)) {
      const chosen = alternatives.filter(isFields).find((option) => option.type !== "null");
      return chosen ? this.value(chosen, key, depth + 1) : null;
    }
    switch (typeOf(schema)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, key, depth);
      case "number":
      case "integer":
        return this.#number(schema);
      case "boolean":
        return schema.default ?? false;
      case "null":
        return null;
      default:
        return schema.default ?? bounded(this.#string(key, stringIn(schema, "format")), schema);
    }
  }

  #resolve(reference: string): Fields {
    const path = reference.replace(/^#\/?/, "").split("/").filter(Boolean);
    const found = path.reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), this.#root);
    return isFields(found) ? found : {};
  }

  #choose(values: readonly unknown[], fallback: unknown): unknown {
    const prompt = this.#source.prompt.toLowerCase();
    const named = values.find(
      (value) => typeof value === "string" && value !== "" && prompt.includes(value.toLowerCase()),
    );
    const sign = findCalculation(prompt)?.expression.match(/[-+*/]/)?.[0];
    const operator = sign && values.find((value) => typeof value === "string" && OPERATOR_NAMES[sign]?.test(value));
    return named ?? operator ?? fallback ?? values[0];
  }

  #object(schema: Fields, depth: number): Fields {
    const properties = fieldsIn(schema, "properties") ?? {};
    const required = Array.isArray(schema.required) ? schema.required : Object.keys(properties);
    const made: [string, unknown][] = [];
    for (const [name, property] of Object.entries(properties)) {
      if (required.includes(name) && isFields(property)) made.push([name, this.value(property, name, depth + 1)]);
    }
    return Object.fromEntries(made); // a property may be called `__proto__`
  }

  #array(schema: Fields, key: string, depth: number): readonly unknown[] {
    const items = fieldsIn(schema, "items") ?? {};
    if (COMMAND_KEY.test(key) && typeOf(items) === "string") return ["bash", "-lc", commandIn(this.#source.prompt)];
    const least = typeof schema.minItems === "number" ? schema.minItems : 1;
    const most = typeof schema.maxItems === "number" ? schema.maxItems : Math.max(1, least);
    const length = depth + 1 > DEEPEST ? 0 : Math.min(Math.max(1, least), most);
    return Array.from({ length }, () => this.value(items, key.replace(/s$/, ""), depth + 1));
  }

  #number(schema: Fields): unknown {
    const { minimum, maximum } = schema;
    const asked = this.#numbers.shift() ?? schema.default;
    let value = typeof asked === "number" ? asked : 1;
    if (typeof maximum === "number") value = Math.min(value, maximum);
    if (typeof minimum === "number") value = Math.max(value, minimum);
    return typeOf(schema) === "integer" ? Math.round(value) : value;
  }

  #string(key: string, format: string | undefined): string {
    const { prompt, answer } = this.#source;
    const formatted = FORMATS.get(format);
    if (formatted !== undefined) return formatted;
    if (COMMAND_KEY.test(key)) return commandIn(prompt);
    if (/^(?:location|city|place|country|region|where)/i.test(key)) return placeIn(prompt) ?? "San Francisco, CA";
    if (/path|file/i.test(key)) return /[\w~./-]*[/.][\w./-]*\w/.exec(prompt)?.[0] ?? "README.md";
    if (/url|link/i.test(key)) return /https?:\/\/\S+/.exec(prompt)?.[0] ?? "https://example.com/";
    if (/answer|reply|response|explanation|summary|result|output|message|content/i.test(key)) return answer;
    return quotedIn(prompt) ?? prompt.trim();
  }
}

const COMMAND_KEY = /^(?:command|cmd|script|argv)s?$/i;

function typeOf(schema: Fields): string {
  const { type } = schema;
  if (typeof type === "string") return type;
  if (Array.isArray(type))
    return type.find((name): name is string => typeof name === "string" && name !== "null") ?? "null";
  if ("properties" in schema) return "object";
  return "items" in schema ? "array" : "string";
}

function bounded(text: string, schema: Fields): string {
  const { minLength, maxLength } = schema;
  const padded = typeof minLength === "number" ? text.padEnd(minLength, ".") : text;
  return typeof maxLength === "number" ? padded.slice(0, maxLength) : padded;
}

/** The text in back-ticks or quotes, if any. */
export function quotedIn(prompt: string): string | undefined {
  return /`([^`]+)`|"([^"]+)"|“([^”]+)”/
    .exec(prompt)
    ?.slice(1)
    .find((group) => group !== undefined);
}

function commandIn(prompt: string): string {
  return (
    quotedIn(prompt) ??
    /\b(?:run|execute)\s+(?:the\s+command\s+)?(.+)$/is.exec(prompt)?.[1]?.trim() ??
    "echo hello from the emulator"
  );
}

function placeIn(prompt: string): string | undefined {
  return /\b(?:in|at|for|of|from|to)\s+(\p{Lu}[\p{L}.'-]*(?:,?\s+\p{Lu}[\p{L}.'-]*)*)/u.exec(prompt)?.[1];
}
