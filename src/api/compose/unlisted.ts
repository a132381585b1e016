import { object } from "../../client/options.ts";
import type { Unlisted } from "../wire/items.ts";

/**
 * A tool, item, content part, action or format of a kind that this package's types do not list. It is sent unchanged. Its type has no
 * literal `type`, so in a union you can only narrow to the listed kinds.
 *
 * @example
 * ```ts
 * const request = { model, input, tools: [unlisted({ type: "brand_new_tool", depth: 3 })] } satisfies ResponsesRequest;
 * ```
 */
export function unlisted(value: { readonly type: string; readonly [field: string]: unknown }): Unlisted {
  object("the value of unlisted()", value, "an object with type");
  return value as unknown as Unlisted;
}
