import type { RealtimeEvent } from "../events.ts";
import type { EventStage } from "./protocol.ts";

/**
 * Tracks the items that this side put into the conversation. The service reports each of them like one of its own, and a call that was
 * carried over from another session must not be answered twice.
 */
export class OwnItems implements EventStage {
  readonly #ids = new Set<string>();

  /** Only calls are tracked: other items cannot be mistaken. */
  put(item: { readonly type: string; readonly id?: unknown }): void {
    if (item.type === "function_call" && typeof item.id === "string") this.#ids.add(item.id);
  }

  has(itemId: string): boolean {
    return this.#ids.has(itemId);
  }

  observe(event: RealtimeEvent): RealtimeEvent {
    if (event.type !== "handoff_requested" && event.type !== "noop_requested") return event;
    const { itemId, raw } = event;
    return this.has(itemId) ? { type: "conversation_item.done", itemId, item: raw?.item } : event;
  }
}
