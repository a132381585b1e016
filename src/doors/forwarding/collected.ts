import { decodeRawData } from "../../client/index.ts";
import type { FrameEvent, ResponseItem, ResponseStream } from "../../index.ts";
import { isObject } from "./asked.ts";
import { jsonAnswer, refusalIn, type WholeAnswer } from "./refusal.ts";

const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.incomplete", "response.failed", "error"]);

/**
 * The answer to a client that did not ask for a stream: the response of the event that ended it, with every item.
 *
 * @throws What broke the stream.
 */
export async function collected(stream: ResponseStream): Promise<WholeAnswer> {
  const items: ResponseItem[] = [];
  let end: FrameEvent | undefined;
  let hasRestarted = false;
  try {
    for await (const batch of stream.batches()) {
      for (const event of batch) {
        if (event.type === "frame" && ENDS.has(event.wireType)) end = event;
        else if (event.type === "output_item.done") items.push(event.item);
        else if (event.type === "restarted") {
          items.length = event.keptItems;
          hasRestarted = true;
          end = undefined;
        }
      }
    }
  } catch (failure) {
    const event = end && decodeRawData(end.data);
    const refusal = event === undefined ? undefined : refusalIn(event, failure);
    if (refusal) return refusal;
    if (end?.wireType !== "response.failed") throw failure;
  }
  const { response } = JSON.parse(decodeRawData((end as FrameEvent).data)) as { response?: unknown };
  const told = isObject(response) ? response : {};
  const isWhole = !hasRestarted && Array.isArray(told.output) && told.output.length >= items.length;
  return jsonAnswer(200, stream.headers, isWhole ? told : { ...told, output: items });
}
