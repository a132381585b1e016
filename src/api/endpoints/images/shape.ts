import type { OpenString } from "../../wire/items.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { FileSource } from "../files/source.ts";

export type ImageBackground = OpenString<"transparent" | "opaque" | "auto">;
export type ImageQuality = OpenString<"low" | "medium" | "high" | "xhigh" | "max" | "auto" | "standard" | "hd">;
export type ImageOutputFormat = OpenString<"png" | "webp" | "jpeg" | "gif" | "svg">;

/** What generations and edits have in common, in wire names. */
export interface ImageRequestFields {
  /** What the image should show, or how it should be changed. */
  readonly prompt: string;
  readonly background?: ImageBackground | null | undefined;
  readonly complexity?: OpenString<"low" | "medium" | "high"> | null | undefined;
  /** Of an image that moves. */
  readonly frame_count?: number | null | undefined;
  readonly frame_duration_ms?: number | null | undefined;
  /** How many images; default 1. */
  readonly n?: number | null | undefined;
  /** From 0 to 100; of webp and jpeg. */
  readonly output_compression?: number | null | undefined;
  readonly output_format?: ImageOutputFormat | null | undefined;
  /** Of a stream: how many pictures of the unfinished image come before it, 0 to 3. */
  readonly partial_images?: number | null | undefined;
  readonly quality?: ImageQuality | null | undefined;
  /** `url`: the answer names where each image lies, for an hour. Models of today answer in base64 whatever it says. */
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
  /** Fields that are not listed here; they may not repeat one that is. */
  readonly extra?: JsonObject | undefined;
}

/** Body of `POST images/generations`, in wire names. */
export interface ImageGenerationRequest extends ImageRequestFields {
  readonly model: string;
  readonly moderation?: OpenString<"low" | "auto"> | null | undefined;
  readonly style?: OpenString<"vivid" | "natural"> | null | undefined;
}

/** An image that the service can get at: an URL, the image itself as a `data:` URL, or a file that was uploaded. */
export type ImageReference = { readonly image_url: string } | { readonly file_id: string };

/** Body of `POST images/edits`, in wire names. */
export interface ImageEditRequest extends ImageRequestFields {
  /** References go out as JSON, files as a form; one request has either. */
  readonly images: readonly ImageReference[] | readonly FileSource[];
  /** Of the first image: where it is transparent it is changed. Of the same sort as `images`. */
  readonly mask?: ImageReference | FileSource | undefined;
  readonly model?: string | null | undefined;
  readonly input_fidelity?: OpenString<"high" | "low"> | null | undefined;
}

/** One image of an answer: in base64, or where it lies. */
export interface GeneratedImage {
  readonly b64_json?: string;
  readonly url?: string;
  readonly revised_prompt?: string;
  readonly [field: string]: unknown;
}

/** In tokens. */
export interface ImageUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
  readonly input_tokens_details?: { readonly image_tokens: number; readonly text_tokens: number };
  readonly output_tokens_details?: { readonly image_tokens: number; readonly text_tokens: number };
}

/** The answer in the wire's shape: `created` and `data` are checked, the rest is as it came, with what is not listed here. */
export interface ImageResponse {
  /** Unix seconds. */
  readonly created: number;
  readonly data: readonly GeneratedImage[];
  readonly background?: ImageBackground;
  readonly output_format?: ImageOutputFormat;
  readonly quality?: ImageQuality;
  readonly size?: string;
  readonly usage?: ImageUsage;
  /** Of the model that wrote the SVG. */
  readonly svg_usage?: {
    readonly model: string;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly reasoning_tokens: number;
    readonly total_tokens: number;
  };
  readonly [field: string]: unknown;
}
