import { thrownText } from "../../client/failure/thrown-text.ts";
import { isJsonObject } from "../wire/json.ts";
import type { SchemaIssue, SchemaResult, StandardSchema } from "../wire/schema.ts";

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * The result of a schema for a value. A schema that throws, hangs or returns something unknown gives an issue: it must not cost the answer.
 */
export async function checkSchema(
  schema: StandardSchema,
  value: unknown,
  timeoutMs: number = DEFAULT_TIMEOUT_MS,
): Promise<SchemaResult<unknown>> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<SchemaResult<unknown>>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, schemaFailed(`did not answer within ${timeoutMs} ms`));
  });
  try {
    // The result can be anything, because the schema is the caller's code.
    const result: unknown = await Promise.race([schema["~standard"].validate(value), expired]);
    if (isJsonObject(result) && Array.isArray(result.issues)) return { issues: result.issues as SchemaIssue[] };
    if (isJsonObject(result) && "value" in result) return { value: result.value };
    return schemaFailed("answered with neither a value nor issues");
  } catch (cause) {
    return schemaFailed(`threw ${thrownText(cause)}`);
  } finally {
    clearTimeout(timer);
  }
}

function schemaFailed(why: string): { readonly issues: readonly SchemaIssue[] } {
  return { issues: [{ message: `the schema itself ${why}` }] };
}
