import type { Fields } from "../fields.ts";
import { compact } from "../model/index.ts";
import { estimateTokens } from "../model/pieces.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { parseInput, required } from "../responses/request.ts";

/**
 * Answers `responses/compact`: the user's messages as they were, then one compaction item for everything else.
 *
 * @throws {@link ServiceError} 400
 */
export function compactHistory(body: Fields, identifiers: Identifiers, nowSeconds: number): Fields {
  required(body, "model");
  const input = parseInput(body.input);
  const { encryptedContent } = compact(input);
  const kept = input.filter((item) => item.role === "user");
  const inputTokens = estimateTokens(JSON.stringify(input));
  const outputTokens = estimateTokens(encryptedContent);
  return {
    id: identifiers.next("resp"),
    object: "response.compaction",
    created_at: nowSeconds,
    output: [...kept, { id: identifiers.next("cmp"), type: "compaction", encrypted_content: encryptedContent }],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}
