import { withoutUndefined } from "../../../client/options.ts";
import { isJsonObject, type JsonObject, withRaw } from "../../wire/json.ts";
import type { ImageBackground, ImageOutputFormat, ImageQuality, ImageUsage } from "./shape.ts";

/** A picture that a stream brings, and how it was made. */
interface StreamedImage {
  /** The picture in base64. */
  readonly b64Json: string;
  /** Unix seconds. */
  readonly createdAt?: number | undefined;
  readonly background?: ImageBackground | undefined;
  readonly outputFormat?: ImageOutputFormat | undefined;
  readonly quality?: ImageQuality | undefined;
  readonly size?: string | undefined;
}

/** The image as far as it has come. */
export interface PartialImage extends StreamedImage {
  readonly type: "partial_image";
  /** From 0. */
  readonly partialImageIndex: number;
}

/** An image that is finished. */
export interface CompletedImage extends StreamedImage {
  readonly type: "completed";
  /** As sent; absent where it cannot be read. */
  readonly usage?: ImageUsage | undefined;
}

/** What a stream of images brings; keep a `default`, since a later minor version may add more. */
export type ImageStreamEvent = (
  | PartialImage
  | CompletedImage
  /** What has no form of its own here, as sent. */
  | { readonly type: "wire"; readonly event: JsonObject }
) & {
  /** The event as it arrived. It is not enumerable: a copy of the event lacks it. */
  readonly raw?: JsonObject | undefined;
};

const NAMES = /^image_(?:generation|edit)\.(partial_image|completed)$/;

/** An event of the stream; one that is not about an image, or holds no picture, is told as it came. */
export function imageEventOf(event: JsonObject): ImageStreamEvent {
  return withRaw(decoded(event) ?? { type: "wire", event }, event);
}

function decoded(event: JsonObject): ImageStreamEvent | undefined {
  const [, type] = NAMES.exec(String(event.type)) ?? [];
  const { b64_json: b64Json, partial_image_index: index } = event;
  if (type === undefined || typeof b64Json !== "string") return undefined;
  const image = { b64Json, ...howMade(event) };
  if (type === "partial_image") {
    return { type, partialImageIndex: typeof index === "number" ? index : 0, ...image };
  }
  return { type: "completed", ...image, ...(isUsage(event.usage) && { usage: event.usage }) };
}

/** With the numbers that every usage has. */
function isUsage(value: unknown): value is JsonObject & ImageUsage {
  return (
    isJsonObject(value) &&
    [value.input_tokens, value.output_tokens, value.total_tokens].every((tokens) => typeof tokens === "number")
  );
}

/** What is not of its type counts as absent. */
function howMade(event: JsonObject): Omit<StreamedImage, "b64Json"> {
  const { created_at: createdAt } = event;
  return withoutUndefined({
    createdAt: typeof createdAt === "number" ? createdAt : undefined,
    background: text(event.background),
    outputFormat: text(event.output_format),
    quality: text(event.quality),
    size: text(event.size),
  });
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
