import { ConnectionHistory, type FullRequest } from "../../../../../src/api/session/history/history.ts";
import type { ResponseItem } from "../../../../../src/api/wire/items.ts";

export const user = (text: string): ResponseItem => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

export const answer = (id: string): ResponseItem => ({
  type: "message",
  id,
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: id, annotations: [] }],
});

export const request = (items: readonly ResponseItem[], more: object = {}): FullRequest => ({
  fields: { model: "m", tools: [{ name: "look" }], stream: true, ...more },
  items,
});

/** A connection that has answered `items` with `answered`, as response `id`. */
export function answered(
  items: readonly ResponseItem[],
  output: readonly ResponseItem[],
  id = "resp_1",
  more: object = {},
) {
  const history = new ConnectionHistory();
  const opening = request(items, more);
  history.sent(opening, history.plan(opening));
  history.completed(id, output);
  return history;
}
