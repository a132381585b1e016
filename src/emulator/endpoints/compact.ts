import type { Fields } from "../fields.ts";
import { compact } from "../model/index.ts";
import { estimateTokens } from "../model/pieces.ts";
import { withId } from "../responses/kept/conversations.ts";
import type { EndpointContext } from "./context.ts";

/**
 * Answers `responses/compact`: the user's messages, then one compaction item for everything else.
 *
 * @throws {@link ServiceError} 400
 */
export function compactHistory(
  body: Fields,
  { archive, identifiers, parse }: Pick<EndpointContext, "archive" | "identifiers" | "parse">,
  nowSeconds: number,
): Fields {
  const request = parse(body, { mayLackInput: true });
  const input = archive.gather(request);
  const { encryptedContent } = compact(input);
  const kept = input.filter((item) => item.role === "user").map((item) => withId(item, identifiers));
  const inputTokens = estimateTokens(JSON.stringify(input));
  const outputTokens = estimateTokens(encryptedContent);
  return {
    id: identifiers.next("resp"),
    object: "response.compaction",
    created_at: nowSeconds,
    output: [...kept, { id: identifiers.next("cmp"), type: "compaction", encrypted_content: encryptedContent }],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}
