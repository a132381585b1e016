import { type Blank, decodeRawData } from "../../client/index.ts";
import {
  type FrameEvent,
  type JsonObject,
  parseWireEvent,
  type ResponseItem,
  type ResponseStream,
  type TokenUsage,
} from "../../index.ts";
import { isObject } from "./asked.ts";
import { asItIs } from "./own-credentials.ts";
import { carrierOf, jsonAnswer, refusalIn, type WholeAnswer } from "./refusal.ts";

const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed", "error"]);

/**
 * The answer for a client that did not request a stream: the response in the event that ended it, with all items.
 *
 * @param blank - Removes credentials from a failure's text.
 * @throws The error that broke the stream.
 */
export async function collected(stream: ResponseStream, blank: Blank = asItIs): Promise<WholeAnswer> {
  const items: ResponseItem[] = [];
  let end: FrameEvent | undefined;
  let tokenUsage: TokenUsage | undefined;
  const carrier = carrierOf(stream);
  let hasRestarted = false;
  try {
    for await (const batch of stream.batches()) {
      for (const event of batch) {
        if (event.type === "frame" && ENDS.has(event.wireType)) end = event;
        else if (event.type === "output_item.done") items.push(event.item);
        else if (event.type === "completed" || event.type === "incomplete") tokenUsage = event.tokenUsage;
        else if (event.type === "restarted") {
          items.length = event.keptItems;
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
  const isWhole = !hasRestarted && Array.isArray(told.output) && told.output.length >= items.length;
  return { ...jsonAnswer(200, stream.headers, isWhole ? told : { ...told, output: items }), carrier, tokenUsage };
}

function responseIn(event: string): JsonObject {
  const response = parseWireEvent(event)?.response;
  return isObject(response) ? response : {};
}
