import type { OpenString } from "../../wire/items.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { FileSource } from "../files/source.ts";

export type ImageBackground = OpenString<"transparent" | "opaque" | "auto">;
export type ImageQuality = OpenString<"low" | "medium" | "high" | "xhigh" | "max" | "auto" | "standard" | "hd">;
export type ImageOutputFormat = OpenString<"png" | "webp" | "jpeg" | "gif" | "svg">;

/** The fields that generations and edits share, in wire names. */
export interface ImageRequestFields {
  /** What the image should show, or how to change it. */
  readonly prompt: string;
  readonly background?: ImageBackground | null | undefined;
  readonly complexity?: OpenString<"low" | "medium" | "high"> | null | undefined;
  /** For a moving image. */
  readonly frame_count?: number | null | undefined;
  readonly frame_duration_ms?: number | null | undefined;
  /** How many images. The service's default is 1. */
  readonly n?: number | null | undefined;
  /** 0 to 100, for webp and jpeg. */
  readonly output_compression?: number | null | undefined;
  readonly output_format?: ImageOutputFormat | null | undefined;
  /** For a stream: how many previews to send before the finished image, 0 to 3. */
  readonly partial_images?: number | null | undefined;
  readonly quality?: ImageQuality | null | undefined;
  /** `url`: the answer has a URL for each image, valid for an hour. Today's models always answer in base64. */
  readonly response_format?: OpenString<"url" | "b64_json"> | null | undefined;
  readonly safety_identifier?: string | null | undefined;
  /** `1024x1536`, or `auto`. */
  readonly size?: string | null | undefined;
  readonly svg?:
    | {
        readonly model?: string | undefined;
        readonly reasoning?: { readonly effort?: string | null | undefined } | null | undefined;
      }
    | null
    | undefined;
  readonly user?: string | undefined;
  /** Fields that are not listed here; they must not repeat one that is. */
  readonly extra?: JsonObject | undefined;
}

/** Body of `POST images/generations`, in wire names. */
export interface ImageGenerationRequest extends ImageRequestFields {
  readonly model: string;
  readonly moderation?: OpenString<"low" | "auto"> | null | undefined;
  readonly style?: OpenString<"vivid" | "natural"> | null | undefined;
}

/** An image that the service can access: a URL, the image itself as a `data:` URL, or an uploaded file. */
export type ImageReference = { readonly image_url: string } | { readonly file_id: string };

/** Body of `POST images/edits`, in wire names. */
export interface ImageEditRequest extends ImageRequestFields {
  /** References are sent as JSON, files as a form; one request has either. */
  readonly images: readonly ImageReference[] | readonly FileSource[];
  /** For the first image: its transparent area is edited. Of the same kind as `images`. */
  readonly mask?: ImageReference | FileSource | undefined;
  readonly model?: string | null | undefined;
  readonly input_fidelity?: OpenString<"high" | "low"> | null | undefined;
}

/** One image of an answer: in base64, or as a URL. */
export interface GeneratedImage {
  readonly b64_json?: string;
  readonly url?: string;
  readonly revised_prompt?: string;
  readonly [field: string]: unknown;
}

/** Token counts. */
export interface ImageUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly input_tokens_details?: { readonly image_tokens: number; readonly text_tokens: number };
  readonly output_tokens_details?: { readonly image_tokens: number; readonly text_tokens: number };
}

/**
 * The answer in the wire format: `created` and `data` are checked, everything else is as received, including fields that are not listed
 * here.
 */
export interface ImageResponse {
  /** Time of creation, in Unix seconds. Absent if a gateway leaves it out. */
  readonly created?: number;
  readonly data: readonly GeneratedImage[];
  readonly background?: ImageBackground;
  readonly output_format?: ImageOutputFormat;
  readonly quality?: ImageQuality;
  readonly size?: string;
  readonly usage?: ImageUsage;
  /** Token counts of the model that wrote the SVG. */
  readonly svg_usage?: {
    readonly model: string;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly reasoning_tokens: number;
    readonly total_tokens: number;
  };
  readonly [field: string]: unknown;
}
