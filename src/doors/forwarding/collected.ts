import { type Blank, decodeRawData } from "../../client/index.ts";
import {
  type FrameEvent,
  type JsonObject,
  parseWireEvent,
  type ResponseItem,
  type ResponseStream,
} from "../../index.ts";
import { isObject } from "./asked.ts";
import { asItIs } from "./own-credentials.ts";
import { carrierOf, jsonAnswer, refusalIn, type WholeAnswer } from "./refusal.ts";

const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed", "error"]);

/**
 * The answer for a client that did not request a stream: the response in the event that ended it, with all items. A text that it lacks and
 * other events have brought is added, since the client sees no other event (parity: `stream/whole-items`).
 *
 * @param stream - With `frames: "end"`.
 * @param blank - Removes credentials from a failure's text.
 * @throws The error that broke the stream.
 */
export async function collected(stream: ResponseStream, blank: Blank = asItIs): Promise<WholeAnswer> {
  let end: FrameEvent | undefined;
  let hasRestarted = false;
  const carrier = carrierOf(stream);
  try {
    for await (const batch of stream.batches()) {
      for (const event of batch) {
        if (event.type === "frame" && ENDS.has(event.wireType)) end = event;
        else if (event.type === "restarted") {
          hasRestarted = true;
          end = undefined;
        }
      }
    }
  } catch (failure) {
    if (!end) throw failure;
    const event = blank(decodeRawData(end.data));
    const refusal = refusalIn(event, failure);
    if (refusal) return { ...refusal, carrier };
    const failed = responseIn(event);
    if (end.wireType !== "response.failed" && failed.status !== "failed") throw failure;
    return { ...jsonAnswer(200, stream.headers, failed), carrier };
  }
  const told = responseIn(decodeRawData((end as FrameEvent).data));
  const isTold = !hasRestarted && Array.isArray(told.output);
  // The end of an answer that is too large to be kept has all of it, as a rule.
  const { items, tokenUsage } = isTold ? stream.snapshot() : await stream.collect();
  const output = isTold ? wholeOutput(told.output as readonly unknown[], items) : items;
  return { ...jsonAnswer(200, stream.headers, { ...told, output }), carrier, tokenUsage };
}

/** The output as the service states it at the end, with the items of the stream where it lacks them or their texts. */
function wholeOutput(output: readonly unknown[], items: readonly ResponseItem[]): readonly unknown[] {
  if (output.length < items.length) return items;
  return output.map((told, index) => (textSize(told) < textSize(items[index]) ? items[index] : told));
}

/** How much an item says, in characters. */
function textSize(item: unknown): number {
  if (!isObject(item)) return 0;
  const texts = [item.content, item.summary]
    .flat()
    .map((part) => (isObject(part) ? (part.text ?? part.refusal) : part));
  return [...texts, item.arguments, item.input].reduce<number>(
    (sum, text) => sum + (typeof text === "string" ? text.length : 0),
    0,
  );
}

function responseIn(event: string): JsonObject {
  const response = parseWireEvent(event)?.response;
  return isObject(response) ? response : {};
}
