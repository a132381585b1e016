import { BuildError } from "../../client/failure/kinds.ts";
import { readAnswer } from "../service/answer.ts";
import { type UnaryOptions, unaryCall } from "../service/call-options.ts";
import { ServiceClient } from "../service/client.ts";
import type { AnswerReader } from "../wire/answer-reader.ts";
import type { OpenString } from "../wire/items.ts";
import { checkModel } from "../wire/request-input.ts";

export type ImageBackground = OpenString<"transparent" | "opaque" | "auto">;
export type ImageQuality = OpenString<"low" | "medium" | "high" | "auto">;

/** Body of `POST images/generations`, in wire names. A field that is not listed here is sent as it is. */
export interface ImageGenerationRequest {
  readonly prompt: string;
  readonly model: string;
  readonly background?: ImageBackground;
  /** How many images. */
  readonly n?: number;
  readonly quality?: ImageQuality;
  /** `1024x1536`, or `auto`. */
  readonly size?: string;
  readonly [field: string]: unknown;
}

/** Body of `POST images/edits`, in wire names. A field that is not listed here is sent as it is. */
export interface ImageEditRequest {
  /** URLs, or the images themselves as `data:` URLs. */
  readonly images: readonly { readonly image_url: string }[];
  readonly prompt: string;
  readonly model?: string;
  readonly background?: ImageBackground;
  readonly n?: number;
  readonly quality?: ImageQuality;
  readonly size?: string;
  readonly [field: string]: unknown;
}

export interface ImageResponse {
  /** Unix seconds. */
  readonly created: number;
  /** Each image in base64. */
  readonly data: readonly { readonly b64_json: string }[];
  readonly background?: ImageBackground;
  readonly quality?: ImageQuality;
  readonly size?: string;
  readonly [field: string]: unknown;
}

/** `POST {baseUrl}/images/…`: images as base64. Later than the reference of March 2026. */
export class ImagesClient extends ServiceClient {
  /** @throws The kinds of `docs/errors.md`; {@link ProtocolError} `failed to decode image generation response: …`. */
  async generate(request: ImageGenerationRequest, options: UnaryOptions = {}): Promise<ImageResponse> {
    checkPrompt(request.prompt);
    checkModel(request.model);
    return this.#post("images/generations", request, options, "failed to decode image generation response");
  }

  /** @throws The kinds of `docs/errors.md`; {@link ProtocolError} `failed to decode image edit response: …`. */
  async edit(request: ImageEditRequest, options: UnaryOptions = {}): Promise<ImageResponse> {
    checkPrompt(request.prompt);
    if (!Array.isArray(request.images) || request.images.length === 0) {
      throw new BuildError("images is missing: give the images to edit as { image_url }");
    }
    return this.#post("images/edits", request, options, "failed to decode image edit response");
  }

  async #post(path: string, json: object, options: UnaryOptions, failure: string): Promise<ImageResponse> {
    return decodeImageResponse(readAnswer(await this.service.execute(unaryCall(path, json, options)), failure));
  }
}

function checkPrompt(prompt: unknown): void {
  if (typeof prompt !== "string") throw new BuildError("prompt is missing: say what the image shall show");
}

/** @throws {@link ProtocolError} */
function decodeImageResponse(answer: AnswerReader): ImageResponse {
  const { background, quality, size, ...further } = answer.fields;
  return {
    ...further,
    created: answer.number("created", "u64"),
    data: answer.objects("data", (image) => ({ ...image.fields, b64_json: image.text("b64_json") })),
    ...(typeof background === "string" ? { background } : {}),
    ...(typeof quality === "string" ? { quality } : {}),
    ...(typeof size === "string" ? { size } : {}),
  };
}
