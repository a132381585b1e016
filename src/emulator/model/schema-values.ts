import { type Fields, fieldsIn, isFields, listIn, stringIn } from "../fields.ts";
import { findCalculation } from "./arithmetic.ts";
import { numberFor } from "./schema-numbers.ts";

/** Where values come from: the user's words, and the answer for fields that should contain one. */
export interface ValueSource {
  readonly prompt: string;
  readonly answer: string;
}

/** How often a schema may occur inside of itself, where something else could be there as well. */
const MOST_NESTED = 2;
const DEEPEST = 64; // where nothing else could be there
/** Values, and characters to lengthen texts, in all: the lists of a schema may multiply. */
const MOST_VALUES = 10_000;
const MOST_PADDING = 1_000_000;
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
  ["duration", "P1D"],
  ["hostname", "example.com"],
  ["ipv4", "192.0.2.1"],
  ["ipv6", "2001:db8::1"],
]);
/** What a pattern may want, if neither the user's words nor a format fit. */
const SAMPLES: readonly string[] = [
  ...FORMATS.values(),
  "12:00:00",
  "1",
  "123",
  "a",
  "abc",
  "A",
  "ABC",
  "ABC-123",
  "a-b",
];

/**
 * Makes a value that matches a JSON schema, as far as structured output and tool parameters use it: types, `enum`, `const`, `anyOf`,
 * `allOf` of objects, `$ref` into the same document, `required`, tuples, limits of numbers, strings and arrays, formats. A `pattern` is
 * matched if one of a few samples does.
 */
export function valueFor(schema: Fields, source: ValueSource): unknown {
  return new ValueMaker(schema, source).value(schema, "");
}

class ValueMaker {
  readonly #root: Fields;
  readonly #source: ValueSource;
  readonly #numbers: number[];
  /** The schemas whose value is being made, the outermost first. */
  readonly #open: Fields[] = [];
  #made = 0;
  #padding = MOST_PADDING;

  constructor(root: Fields, source: ValueSource) {
    this.#root = root;
    this.#source = source;
    this.#numbers = (source.prompt.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  }

  value(given: Fields, key: string): unknown {
    const schema = this.#resolved(given);
    if (this.#open.length >= DEEPEST || this.#made >= MOST_VALUES) return null;
    this.#made += 1;
    this.#open.push(schema);
    try {
      return this.#valueOf(schema, key);
    } finally {
      this.#open.pop();
    }
  }

  #valueOf(schema: Fields, key: string): unknown {
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return this.#choose(schema.enum, schema.default);
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(alternatives)) {
      const chosen = this.#chosen(alternatives.filter(isFields));
      return chosen ? this.value(chosen, key) : null;
    }
    if (Array.isArray(schema.allOf)) return this.#object(this.#merged(schema, schema.allOf.filter(isFields)));
    switch (typeOf(schema)) {
      case "object":
        return this.#object(schema);
      case "array":
        return this.#array(schema, key);
      case "number":
      case "integer":
        return numberFor(schema, this.#numbers.shift() ?? schema.default);
      case "boolean":
        return schema.default ?? false;
      case "null":
        return null;
      default:
        return schema.default ?? this.#bounded(this.#string(key, schema), schema);
    }
  }

  #resolved(schema: Fields): Fields {
    let found: unknown = schema;
    for (let hops = 0; hops < DEEPEST; hops += 1) {
      const reference = isFields(found) ? stringIn(found, "$ref") : undefined;
      if (reference === undefined) break;
      const path = reference.replace(/^#\/?/, "").split("/").filter(Boolean);
      found = path.reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), this.#root);
    }
    return isFields(found) ? found : {};
  }

  /** A recursive schema must end somewhere: with an alternative that does not lead back. */
  #chosen(alternatives: readonly Fields[]): Fields | undefined {
    const wanted = alternatives.filter((option) => option.type !== "null");
    return (
      wanted.find((option) => !this.#isNested(option)) ??
      (wanted.length < alternatives.length ? undefined : wanted.at(-1))
    );
  }

  #isNested(schema: Fields): boolean {
    const target = this.#resolved(schema);
    return this.#open.filter((one) => one === target).length >= MOST_NESTED;
  }

  #merged(schema: Fields, parts: readonly Fields[]): Fields {
    const all = [schema, ...parts.map((part) => this.#resolved(part))];
    return {
      properties: Object.assign({}, ...all.map((part) => fieldsIn(part, "properties") ?? {})),
      required: all.flatMap(
        ({ required, properties }) => required ?? Object.keys(isFields(properties) ? properties : {}),
      ),
    };
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

  #object(schema: Fields): Fields {
    const properties = fieldsIn(schema, "properties") ?? {};
    const required = Array.isArray(schema.required) ? schema.required : Object.keys(properties);
    const made: [string, unknown][] = [];
    for (const [name, property] of Object.entries(properties)) {
      if (required.includes(name) && isFields(property)) made.push([name, this.value(property, name)]);
    }
    return Object.fromEntries(made); // a property may be called `__proto__`
  }

  #array(schema: Fields, key: string): readonly unknown[] {
    const items = fieldsIn(schema, "items") ?? {};
    const least = typeof schema.minItems === "number" ? schema.minItems : 0;
    const most = typeof schema.maxItems === "number" ? schema.maxItems : Number.POSITIVE_INFINITY;
    if (COMMAND_KEY.test(key) && typeOf(items) === "string" && least <= 3 && most >= 3)
      return ["bash", "-lc", commandIn(this.#source.prompt)];
    const tuple = listIn(schema, Array.isArray(schema.items) ? "items" : "prefixItems");
    const usual = tuple.length > 0 ? tuple.length : this.#isNested(items) ? 0 : 1;
    const length = Math.min(Math.max(usual, least), most, MOST_VALUES - this.#made);
    return Array.from({ length }, (_, index) => this.value(tuple[index] ?? items, key.replace(/s$/, "")));
  }

  #string(key: string, schema: Fields): string {
    const formatted = FORMATS.get(stringIn(schema, "format"));
    if (formatted !== undefined) return formatted;
    const text = this.#text(key);
    const pattern = patternIn(schema);
    return pattern ? ([text, ...SAMPLES].find((sample) => pattern.test(sample)) ?? text) : text;
  }

  #bounded(text: string, { minLength, maxLength }: Fields): string {
    const missing = typeof minLength === "number" ? Math.max(0, minLength - text.length) : 0;
    const padding = Math.min(missing, this.#padding);
    this.#padding -= padding;
    const padded = text + ".".repeat(padding);
    return typeof maxLength === "number" ? padded.slice(0, maxLength) : padded;
  }

  #text(key: string): string {
    const { prompt, answer } = this.#source;
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

function patternIn(schema: Fields): RegExp | undefined {
  const pattern = stringIn(schema, "pattern");
  if (pattern === undefined) return undefined;
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(pattern, flags);
    } catch {
      // an escape that only the older syntax knows, or no pattern at all
    }
  }
  return undefined;
}

/** The text in back-ticks or quotes, if any. */
export function quotedIn(prompt: string): string | undefined {
  return /`([^`]+)`|"([^"]+)"|“([^”]+)”/
    .exec(prompt)
    ?.slice(1)
    .find((group) => group !== undefined);
}

/** The command that the user wants to run; a harmless one if none is named. */
export function commandIn(prompt: string): string {
  return (
    quotedIn(prompt) ??
    /\b(?:run|execute)\s+(?:the\s+command\s+)?(.+)$/is.exec(prompt)?.[1]?.trim() ??
    "echo hello from the emulator"
  );
}

function placeIn(prompt: string): string | undefined {
  return /\b(?:in|at|for|of|from|to)\s+(\p{Lu}[\p{L}.'-]*(?:,?\s+\p{Lu}[\p{L}.'-]*)*)/u.exec(prompt)?.[1];
}
