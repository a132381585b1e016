import { withoutUndefined } from "../../../client/options.ts";
import { isJsonObject, type JsonObject, numberOf, textOf, withRaw } from "../../wire/json.ts";
import type { ImageBackground, ImageOutputFormat, ImageQuality, ImageUsage } from "./shape.ts";

/** An image in a stream, and how it was made. */
interface StreamedImage {
  /** The image in base64. */
  readonly b64Json: string;
  /** Time of creation, in Unix seconds. */
  readonly createdAt?: number | undefined;
  readonly background?: ImageBackground | undefined;
  readonly outputFormat?: ImageOutputFormat | undefined;
  readonly quality?: ImageQuality | undefined;
  readonly size?: string | undefined;
}

/** An unfinished image. */
export interface PartialImage extends StreamedImage {
  readonly type: "partial_image";
  /** Counts from 0. */
  readonly partialImageIndex: number;
}

/** A finished image. */
export interface CompletedImage extends StreamedImage {
  readonly type: "completed";
  /** As received; absent if it cannot be read. */
  readonly usage?: ImageUsage | undefined;
}

/** The events of a stream of images. Minor versions may add types: keep a `default`. */
export type ImageStreamEvent = (
  | PartialImage
  | CompletedImage
  /** An event of another type, as received. */
  | { readonly type: "wire"; readonly event: JsonObject }
) & {
  /** The event as received. It is not enumerable, so a copy of the event lacks it. */
  readonly raw?: JsonObject | undefined;
};

const NAMES = /^image_(?:generation|edit)\.(partial_image|completed)$/;

/**
 * Reads an event of the stream. One that is not about an image, or has no image, becomes `wire`. The whole answer of a call that does not
 * stream has as many events as images.
 */
export function imageEventsOf(event: JsonObject): ImageStreamEvent[] {
  const { type, data } = event;
  const images = type === undefined && Array.isArray(data) ? data.filter(isJsonObject) : [];
  const whole = images.flatMap((image) => completed({ ...event, ...image }, image) ?? []);
  return whole.length > 0 ? whole : [withRaw(decoded(event) ?? { type: "wire", event }, event)];
}

function completed(fields: JsonObject, raw: JsonObject): ImageStreamEvent | undefined {
  const image = decoded({ created_at: fields.created, ...fields, type: "image_generation.completed" });
  return image && withRaw(image, raw);
}

function decoded(event: JsonObject): ImageStreamEvent | undefined {
  const [, type] = NAMES.exec(String(event.type)) ?? [];
  const { b64_json: b64Json, partial_image_index: index } = event;
  if (type === undefined || typeof b64Json !== "string") return undefined;
  const image = { b64Json, ...howMade(event) };
  if (type === "partial_image") {
    return { type, partialImageIndex: numberOf(index) ?? 0, ...image };
  }
  return { type: "completed", ...image, ...(isUsage(event.usage) && { usage: event.usage }) };
}

/** True if it has the numbers that every usage has. */
function isUsage(value: unknown): value is JsonObject & ImageUsage {
  return (
    isJsonObject(value) &&
    [value.input_tokens, value.output_tokens, value.total_tokens].every((tokens) => typeof tokens === "number")
  );
}

/** A field of the wrong type counts as absent. */
function howMade(event: JsonObject): Omit<StreamedImage, "b64Json"> {
  return withoutUndefined({
    createdAt: numberOf(event.created_at),
    background: textOf(event.background),
    outputFormat: textOf(event.output_format),
    quality: textOf(event.quality),
    size: textOf(event.size),
  });
}
