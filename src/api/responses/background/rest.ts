import type { JsonObject } from "../../wire/json.ts";
import { textsIn } from "../received/item-parts.ts";
import type { StoredResponse } from "../stored/response.ts";
import { PIECE_KINDS, partKey } from "./piece.ts";
import type { Progress } from "./position.ts";

/**
 * The part of a final response that no event has brought, as the events the service would have sent: for each item one delta with the rest
 * of each text, then the item.
 */
export function restOf({ items }: Pick<StoredResponse, "items">, progress: Progress): JsonObject[] {
  return items.flatMap((item, outputIndex) => {
    if (progress.hasFinished(outputIndex)) return [];
    const { id } = item as { readonly id?: unknown };
    const place = { ...(typeof id === "string" ? { item_id: id } : {}), output_index: outputIndex };
    const rests = PIECE_KINDS.flatMap(({ type, name, index, begins }) =>
      textsIn(item, type).flatMap((whole, partIndex): JsonObject[] => {
        if (whole === undefined) return [];
        const known = progress.lengthOf(partKey(outputIndex, name, partIndex));
        const at = { ...place, ...(index === undefined ? {} : { [index]: partIndex }) };
        const delta = whole.slice(known ?? 0);
        return [
          ...(begins !== undefined && known === undefined ? [{ type: begins, ...at }] : []),
          ...(delta === "" ? [] : [{ type: `response.${type}`, ...at, delta }]),
        ];
      }),
    );
    return [...rests, { type: "response.output_item.done", output_index: outputIndex, item }];
  });
}

/** The event that would have ended the service's stream; undefined for a cancelled response, which has none. */
export function endOf({ status, wire }: StoredResponse): JsonObject | undefined {
  return status === "cancelled" ? undefined : { type: `response.${status}`, response: wire };
}
