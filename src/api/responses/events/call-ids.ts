import { filled } from "../../wire/json.ts";
import type { DecodedEvent } from "./decoded.ts";
import type { OutputItemAddedEvent } from "./types.ts";

/** Adds the call id to the pieces of a call: services send it with the added item, and rarely with its deltas. */
export class CallIds {
  // Made with the first call: most responses have none.
  #byIndex: Map<number, string> | undefined;
  #byItem: Map<string, string> | undefined;

  /** The same event, with the call id if its item had one. */
  complete(decoded: DecodedEvent): DecodedEvent {
    switch (decoded.type) {
      case "output_item.added":
        this.#note(decoded);
        return decoded;
      case "function_call_arguments.delta":
      case "custom_tool_call_input.delta": {
        if (decoded.callId !== undefined) return decoded;
        const callId = this.#of(decoded.outputIndex, decoded.itemId);
        return callId === undefined ? decoded : { ...decoded, callId };
      }
      default:
        return decoded;
    }
  }

  #note({ item, outputIndex }: OutputItemAddedEvent): void {
    const { id, call_id } = item as { readonly id?: unknown; readonly call_id?: unknown };
    const callId = filled(call_id);
    const itemId = filled(id);
    if (callId === undefined) return;
    this.#byIndex ??= new Map();
    this.#byItem ??= new Map();
    if (outputIndex !== undefined) this.#byIndex.set(outputIndex, callId);
    if (itemId !== undefined) this.#byItem.set(itemId, callId);
  }

  /** By index first, because some services change an item's id from event to event. */
  #of(outputIndex: number | undefined, itemId: string | undefined): string | undefined {
    const byIndex = outputIndex === undefined ? undefined : this.#byIndex?.get(outputIndex);
    return byIndex ?? (itemId === undefined ? undefined : this.#byItem?.get(itemId));
  }
}
