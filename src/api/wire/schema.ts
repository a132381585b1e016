/**
 * How values are described and checked: JSON Schema as data, and the interface that schema libraries share. Only types, except for one
 * symbol.
 */

/** A JSON Schema as an object. A Standard Schema is not one: it has to be converted. */
export interface JsonSchema {
  readonly "~standard"?: never;
  readonly [keyword: string]: unknown;
}

/** What is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The result of a Standard Schema's `validate`. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** Version 1 of Standard Schema (standardschema.dev), which zod, valibot, arktype and others implement. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** A Standard Schema that can convert itself to JSON Schema: zod 4, arktype, and valibot through `toStandardJsonSchema`. */
export interface StandardJsonSchema<Output = unknown> extends StandardSchema<Output> {
  readonly "~standard": StandardSchema<Output>["~standard"] & {
    readonly jsonSchema: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

/**
 * Key under which a tool or a format keeps the schema that reads the model's output for it. A symbol, so that it survives a spread and is
 * never sent. Registered, so that it works across two installed copies of this package.
 */
export const readBy: unique symbol = Symbol.for("codex-wire.schema") as never;

/** A tool or format whose text is read as `Value`, by `schema` if it has one. `Value` exists only in the type. */
export interface ReadBy<Value> {
  readonly [readBy]?: { readonly schema: StandardSchema | undefined; readonly value?: Value } | undefined;
}
