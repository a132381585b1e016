import { object } from "../../client/options.ts";
import type { JsonSchemaFormat } from "../wire/request-fields.ts";
import type { JsonSchema, StandardJsonSchema, StandardSchema } from "../wire/schema.ts";
import { type AnySchema, describeSchema } from "./json-schema.ts";
import { checkName, readingBy } from "./tools.ts";

interface FormatSettings {
  /** Name of the format, which the service requires: 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What the answer is for; the model reads it. None by default. */
  readonly description?: string | undefined;
  /**
   * Whether the answer must match the schema exactly. All objects are then closed, and every property has to be required.
   * @default `true`
   */
  readonly strict?: boolean | undefined;
}

/** The service accepts longer names for tools. */
const LONGEST_NAME = 64;

/**
 * A format for structured answers, for `text: { format }`. `collect()` returns the answer as `parsed`, after the schema's `validate`.
 *
 * @param format - `schema`: as `parameters` of `functionTool`.
 * @throws {@link BuildError} There is no JSON Schema. Or, with `strict`, a property is optional or an object is open; the message names its
 *   path.
 */
export function jsonSchemaFormat<Parsed>(
  format: FormatSettings & {
    readonly schema: StandardJsonSchema<Parsed>;
    readonly jsonSchema?: JsonSchema | undefined;
  },
): JsonSchemaFormat<Parsed>;
export function jsonSchemaFormat<Parsed>(
  format: FormatSettings & { readonly schema: StandardSchema<Parsed>; readonly jsonSchema: JsonSchema },
): JsonSchemaFormat<Parsed>;
export function jsonSchemaFormat(format: FormatSettings & { readonly schema: JsonSchema }): JsonSchemaFormat;
export function jsonSchemaFormat<Parsed>(
  format: FormatSettings & { readonly schema: AnySchema; readonly jsonSchema?: JsonSchema | undefined },
): JsonSchemaFormat<Parsed> {
  object("the format of jsonSchemaFormat()", format, "an object with name and schema");
  const { name, description, strict = true, schema, jsonSchema } = format;
  checkName("jsonSchemaFormat", name, LONGEST_NAME);
  const { sent, reader } = describeSchema(`schema of format ${JSON.stringify(name)}`, schema, jsonSchema, strict);
  return {
    type: "json_schema",
    name,
    ...(description === undefined ? {} : { description }),
    strict,
    schema: sent,
    ...(reader ? readingBy<Parsed>(reader) : {}),
  };
}
