import { BuildError } from "../../client/failure/kinds.ts";
import { object } from "../../client/options.ts";
import { type JsonSchema, type ReadBy, readBy, type StandardJsonSchema, type StandardSchema } from "../wire/schema.ts";
import type { CustomTool, FunctionTool } from "../wire/tools.ts";
import { type AnySchema, describeSchema } from "./json-schema.ts";

/** What the calls of a tool are read as; a request's second type parameter collects these types. */
export interface FunctionCallOf<Name extends string, Arguments> {
  readonly kind: "function";
  readonly name: Name;
  readonly arguments: Arguments;
}
export interface CustomCallOf<Name extends string> {
  readonly kind: "custom";
  readonly name: Name;
}

type Settings = Omit<FunctionTool, "type" | "name" | "parameters" | "strict" | typeof readBy>;
interface Named<Name extends string> extends Settings {
  /** 1 to 128 ASCII letters, digits, `_` and `-`. */
  readonly name: Name;
  /**
   * Whether the arguments must match the schema exactly. All objects are then closed, and every property has to be required.
   * @default `true`
   */
  readonly strict?: boolean | undefined;
}

/**
 * A tool whose arguments follow a schema. For a Standard Schema its JSON Schema is sent (`~standard.jsonSchema.input`, draft 2020-12), and
 * `collect()` returns in `calls` the arguments after its `validate`. With JSON Schema, `parsed` is `unknown`.
 *
 * @param tool - `parameters` is the schema: JSON Schema, a Standard Schema that can convert itself to JSON Schema (zod 4, arktype, valibot
 *   through `toStandardJsonSchema`), or any other Standard Schema together with `jsonSchema`. The other fields are those of the wire.
 * @throws {@link BuildError} The name is invalid, or there is no JSON Schema for `parameters`. Or, with `strict`, a property is optional or
 *   an object is open; the message names its path.
 *
 * @example
 * ```ts
 * const weather = functionTool({ name: "weather", description: "…", parameters: z.object({ city: z.string() }) });
 * ```
 */
export function functionTool<const Name extends string, Arguments>(
  tool: Named<Name> & {
    readonly parameters: StandardJsonSchema<Arguments>;
    readonly jsonSchema?: JsonSchema | undefined;
  },
): FunctionTool<FunctionCallOf<Name, Arguments>>;
export function functionTool<const Name extends string, Arguments>(
  tool: Named<Name> & { readonly parameters: StandardSchema<Arguments>; readonly jsonSchema: JsonSchema },
): FunctionTool<FunctionCallOf<Name, Arguments>>;
export function functionTool<const Name extends string>(
  tool: Named<Name> & { readonly parameters: JsonSchema },
): FunctionTool<FunctionCallOf<Name, unknown>>;
export function functionTool<const Name extends string, Arguments>(
  tool: Named<Name> & { readonly parameters: AnySchema; readonly jsonSchema?: JsonSchema | undefined },
): FunctionTool<FunctionCallOf<Name, Arguments>> {
  object("the tool of functionTool()", tool, "an object with name and parameters");
  const { name, description, parameters, jsonSchema, strict = true, ...further } = tool;
  checkName("functionTool", name);
  const { sent, reader } = describeSchema(`parameters of tool ${JSON.stringify(name)}`, parameters, jsonSchema, strict);
  return {
    type: "function",
    name,
    ...(description === undefined ? {} : { description }),
    parameters: sent,
    strict,
    ...further,
    ...(reader ? readingBy<FunctionCallOf<Name, Arguments>>(reader) : {}),
  };
}

/**
 * A tool whose input is a text, free or following a grammar.
 *
 * @throws {@link BuildError} The name is missing or invalid.
 */
export function customTool<const Name extends string>(
  tool: Omit<CustomTool, "type" | "name" | typeof readBy> & { readonly name: Name },
): CustomTool<CustomCallOf<Name>> {
  object("the tool of customTool()", tool, "an object with name");
  checkName("customTool", tool.name);
  return { type: "custom", ...tool };
}

/** Stores a schema with the tool or format that it was made for. */
export function readingBy<Value>(schema: StandardSchema): ReadBy<Value> {
  return { [readBy]: { schema } };
}

const NAME = /^[a-zA-Z0-9_-]+$/;

/** @throws {@link BuildError} The service would refuse the name. */
export function checkName(builder: string, name: unknown, longest = 128): void {
  if (typeof name !== "string" || name === "") throw new BuildError(`${builder}: name is missing`);
  if (NAME.test(name) && name.length <= longest) return;
  const shown = JSON.stringify(name.length > longest ? `${name.slice(0, longest)}…` : name);
  throw new BuildError(`${builder}: name must be 1 to ${longest} letters, digits, "_" or "-", and is ${shown}`);
}
