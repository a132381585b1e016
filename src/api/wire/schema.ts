/** How values are described and checked: JSON Schema as data, and the interface that schema libraries share. Types only, but for one symbol. */

/** A JSON Schema as an object. A Standard Schema is none: what it says on the wire it has to be asked. */
export interface JsonSchema {
  readonly "~standard"?: never;
  readonly [keyword: string]: unknown;
}

/** What is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What `validate` of a Standard Schema gives. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** Version 1 of Standard Schema (standardschema.dev), as zod, valibot, arktype and others have it. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** A Standard Schema that can say itself as JSON Schema: zod 4, arktype, and valibot through `toStandardJsonSchema`. */
export interface StandardJsonSchema<Output = unknown> extends StandardSchema<Output> {
  readonly "~standard": StandardSchema<Output>["~standard"] & {
    readonly jsonSchema: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

/**
 * Where a tool or a format keeps the schema that reads what the model writes for it. A symbol, so that it survives a spread and never reaches
 * the wire. Registered, so that two installed copies of this package understand each other.
 */
export const readBy: unique symbol = Symbol.for("codex-wire.schema") as never;

/** A tool or format whose text is read as `Value`, by `schema` where it has one. `Value` stands in the type alone. */
export interface ReadBy<Value> {
  readonly [readBy]?: { readonly schema: StandardSchema | undefined; readonly value?: Value } | undefined;
}
