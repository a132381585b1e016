import type { JsonSchemaFormat } from "../wire/request-fields.ts";
import type { JsonSchema, StandardJsonSchema, StandardSchema } from "../wire/schema.ts";
import { type AnySchema, describeSchema } from "./json-schema.ts";
import { checkName, readingBy } from "./tools.ts";

interface FormatSettings {
  /** The service wants a name: letters, digits, `_` and `-`. */
  readonly name: string;
  /** What the answer is for; the model reads it. */
  readonly description?: string | undefined;
  /** Must the answer follow the schema to the letter? Closes its objects; every property has to be required then. Default true. */
  readonly strict?: boolean | undefined;
}

/**
 * The form of a structured answer, for `text: { format }`. `collect()` gives in `parsed` what the schema's `validate` makes of the answer.
 *
 * @param format - `schema`: as `parameters` of `functionTool`.
 * @throws {@link BuildError} There is no JSON Schema; or with `strict` a property is optional, or an object open. It names the path.
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
  const { name, description, strict = true, schema, jsonSchema } = format;
  checkName("jsonSchemaFormat", name);
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
