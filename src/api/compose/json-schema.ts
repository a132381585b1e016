import { BuildError } from "../../client/failure/kinds.ts";
import { thrownMessage } from "../../client/failure/thrown-text.ts";
import { isJsonObject, type JsonObject } from "../wire/json.ts";
import type { JsonSchema, StandardJsonSchema, StandardSchema } from "../wire/schema.ts";

/** A schema that builder functions accept. JSON Schema only describes values; a Standard Schema also has a type. */
export type AnySchema = JsonSchema | StandardSchema | StandardJsonSchema;

/** The result for a schema: the part that is sent, and the part that reads the answer. */
export interface DescribedSchema {
  readonly sent: JsonSchema;
  /** Undefined for JSON Schema: the model's output is then parsed and not checked. */
  readonly reader: StandardSchema | undefined;
}

/**
 * @param place - Name for messages, e.g. `parameters of tool "weather"`.
 * @param beside - JSON Schema for a Standard Schema that cannot convert itself.
 * @throws {@link BuildError} There is no JSON Schema. Or, with `strict`, a property is optional or an object is open.
 */
export function describeSchema(
  place: string,
  schema: AnySchema,
  beside: JsonSchema | undefined,
  strict: boolean,
): DescribedSchema {
  const reader = isStandardSchema(schema) ? schema : undefined;
  const json = beside ?? (reader ? ownJsonSchema(place, reader) : schema);
  if (!isJsonObject(json)) {
    const smallest = '{ type: "object", properties: {} }';
    throw new BuildError(
      `${place}: the JSON Schema is missing or not an object; one without properties is ${smallest}`,
    );
  }
  return { sent: strict ? closed(json, place) : json, reader };
}

/** Arktype's schemas are functions. */
function isStandardSchema(schema: unknown): schema is StandardSchema {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) return false;
  return "~standard" in schema && schema["~standard"] !== undefined;
}

function ownJsonSchema(place: string, schema: StandardSchema | StandardJsonSchema): JsonSchema {
  const standard: StandardSchema["~standard"] & Partial<StandardJsonSchema["~standard"]> = schema["~standard"];
  if (typeof standard.jsonSchema?.input !== "function") {
    throw new BuildError(
      `${place}: the schema (${standard.vendor}) cannot convert itself to JSON Schema; wrap it (valibot: toStandardJsonSchema) or give jsonSchema as well`,
    );
  }
  try {
    return standard.jsonSchema.input({ target: "draft-2020-12" }) as JsonSchema;
  } catch (cause) {
    throw new BuildError(
      `${place}: the schema (${standard.vendor}) cannot be converted to JSON Schema: ${thrownMessage(cause)}`,
    );
  }
}

/** Keywords whose value is a schema, a list of schemas, or schemas by name; and how a path into them is written. */
const ONE_SCHEMA: ReadonlyMap<string, string> = new Map([
  ["items", "[]"],
  ["contains", "[]"],
  ["not", ""],
]);
const SCHEMA_LIST: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const SCHEMAS_BY_NAME: ReadonlySet<string> = new Set(["$defs", "definitions", "dependentSchemas"]);

/** Much deeper than the service accepts (10 levels of objects). It also ends schemas that contain themselves. */
const MAX_DEPTH = 200;

/** A copy with every object closed, as the service requires of a strict schema. */
function closed(schema: JsonObject, place: string, path = "", depth = 0): JsonSchema {
  if (depth > MAX_DEPTH) throw new BuildError(`${place}: the schema is nested too deep, or contains itself`);
  const within = (value: unknown, inside: string): unknown =>
    isJsonObject(value) ? closed(value, place, inside, depth + 1) : value;
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "properties" && isJsonObject(value)) {
      copy[keyword] = mapFields(value, (name, property) => within(property, path === "" ? name : `${path}.${name}`));
    } else if (ONE_SCHEMA.has(keyword)) {
      copy[keyword] = within(value, `${path}${ONE_SCHEMA.get(keyword)}`);
    } else if (SCHEMA_LIST.has(keyword) && Array.isArray(value)) {
      copy[keyword] = value.map((entry) => within(entry, keyword === "prefixItems" ? `${path}[]` : path));
    } else if (SCHEMAS_BY_NAME.has(keyword) && isJsonObject(value)) {
      copy[keyword] = mapFields(value, (name, entry) => within(entry, `${keyword}.${name}`));
    } else copy[keyword] = value;
  }
  return isObjectSchema(schema) ? { ...copy, ...closing(schema, place, path) } : copy;
}

function isObjectSchema({ type, properties }: JsonObject): boolean {
  return type === "object" || (Array.isArray(type) && type.includes("object")) || isJsonObject(properties);
}

function closing(schema: JsonObject, place: string, path: string): JsonObject {
  const { additionalProperties = false, properties, required } = schema;
  if (additionalProperties !== false) {
    const where = path === "" ? "the object" : `the object ${path}`;
    throw new BuildError(
      `${place}: ${where} is open (additionalProperties), which strict does not allow; name its properties or set strict: false`,
    );
  }
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const needed = new Set<unknown>(Array.isArray(required) ? required : []);
  const optional = names.find((name) => !needed.has(name));
  if (optional !== undefined) {
    throw new BuildError(
      `${place}: the property ${path === "" ? optional : `${path}.${optional}`} is optional, which strict does not allow; make it required (and nullable, if it may be missing) or set strict: false`,
    );
  }
  return { additionalProperties: false, required: names };
}

/** `fromEntries`, because a property may be called `__proto__`. */
function mapFields(fields: JsonObject, change: (name: string, value: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(name, value)]));
}
