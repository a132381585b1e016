import { type Fields, listIn, stringIn } from "../../fields.ts";
import type { EventWriter, ItemEvents, ItemPiece } from "./event-writer.ts";

/** The events of a message: its parts one after the other, each with its text in deltas. */
export function* messageEvents(writer: EventWriter, item: Fields): ItemEvents {
  const at = { item_id: item.id, output_index: writer.outputIndex };
  if (!writer.isMute) yield writer.added({ ...item, status: "in_progress", content: [] });
  const content: Fields[] = [];
  for (const [content_index, part] of partsOf(item).entries()) {
    content.push(yield* partEvents(writer, { ...at, content_index }, part));
    if (writer.finalStatus === "incomplete") break;
  }
  return yield* writer.done({ ...item, status: writer.statusOf(item), content });
}

/** A plain text is one part. */
function partsOf(item: Fields): readonly Fields[] {
  const text = stringIn(item, "content");
  return text === undefined ? listIn(item, "content") : [{ type: "output_text", text }];
}

type PartEvents = Generator<ItemPiece, Fields>;

function* partEvents(writer: EventWriter, place: Fields, part: Fields): PartEvents {
  const isText = part.type === "output_text";
  if (isText || part.type === "refusal") {
    const whole = yield* isText ? outputText(writer, place, part) : refusal(writer, place, part);
    if (!writer.isMute) yield writer.event("response.content_part.done", { ...place, part: whole });
    return whole;
  }
  yield writer.event("response.content_part.added", { ...place, part });
  yield writer.event("response.content_part.done", { ...place, part });
  return part;
}

const NONE: readonly Fields[] = [];

function* outputText(writer: EventWriter, place: Fields, part: Fields): PartEvents {
  const begun = { type: "output_text", annotations: NONE, logprobs: NONE, ...part };
  if (!writer.isMute) {
    const empty = { ...begun, annotations: NONE, logprobs: NONE, text: "" };
    yield writer.event("response.content_part.added", { ...place, part: empty });
  }
  const written = yield* writer.text("response.output_text.delta", place, stringIn(part, "text") ?? "", true);
  const annotations = writer.finalStatus === "completed" ? listIn(begun, "annotations") : NONE;
  for (const [annotation_index, annotation] of annotations.entries()) {
    yield writer.event("response.output_text.annotation.added", { ...place, annotation_index, annotation });
  }
  const { text } = written;
  const logprobs = written.logprobs.length > 0 ? written.logprobs : begun.logprobs;
  if (!writer.isMute) yield writer.event("response.output_text.done", { ...place, text, logprobs });
  return { ...begun, annotations, logprobs, text };
}

function* refusal(writer: EventWriter, place: Fields, part: Fields): PartEvents {
  yield writer.event("response.content_part.added", { ...place, part: { ...part, refusal: "" } });
  const written = yield* writer.text("response.refusal.delta", place, stringIn(part, "refusal") ?? "");
  yield writer.event("response.refusal.done", { ...place, refusal: written.text });
  return { ...part, refusal: written.text };
}
