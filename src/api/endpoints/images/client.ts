import { BuildError } from "../../../client/failure/kinds.ts";
import { object } from "../../../client/options.ts";
import { isChatgptBackend } from "../../provider.ts";
import { readAnswer } from "../../service/answer.ts";
import { beginCall, type EndpointCall, modelOf } from "../../service/call.ts";
import { type UnaryOptions, unaryCall } from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import type { AnswerReader } from "../../wire/answer-reader.ts";
import { type JsonObject, numberOf } from "../../wire/json.ts";
import { checkModel } from "../../wire/request-input.ts";
import { extraFields } from "../../wire/requests.ts";
import { editBody } from "./edit-body.ts";
import type {
  GeneratedImage,
  ImageEditRequest,
  ImageGenerationRequest,
  ImageRequestFields,
  ImageResponse,
} from "./shape.ts";
import { ImageStream } from "./stream.ts";

const GENERATIONS = "images/generations";
const EDITS = "images/edits";

/** `POST {baseUrl}/images/…`: generates images from text, and edits images. The Rust client of March 2026 has no such calls. */
export class ImagesClient extends ServiceClient {
  /** @throws The kinds of `docs/errors.md`; {@link ProtocolError} `failed to decode image generation response: …`. */
  async generate(request: ImageGenerationRequest, options: UnaryOptions = {}): Promise<ImageResponse> {
    const call = unaryCall(GENERATIONS, generationBody(request), options);
    return decodeImageResponse(
      readAnswer(await this.service.execute(call), "failed to decode image generation response"),
    );
  }

  /**
   * Edits images. Files are sent as a form and read while they are sent; references are sent as JSON.
   *
   * @throws The kinds of `docs/errors.md`; {@link ProtocolError} `failed to decode image edit response: …`.
   * @example
   * ```ts
   * await api.images.edit({ model: "gpt-image-2", images: [{ path: "room.png" }], mask: { path: "wall.png" }, prompt: "a red wall" });
   * ```
   */
  async edit(request: ImageEditRequest, options: UnaryOptions = {}): Promise<ImageResponse> {
    const call = await this.#editCall(request, {}, options);
    return decodeImageResponse(readAnswer(await this.service.execute(call), "failed to decode image edit response"));
  }

  /**
   * Generates images and streams them, with `partial_images` previews each. Resolves when the response headers have arrived. Until then the
   * request is retried by the provider's policy; after that a failure is thrown from the stream.
   *
   * @throws The kinds of `docs/errors.md`.
   * @example
   * ```ts
   * const stream = await api.images.streamGeneration({ model: "gpt-image-2", prompt: "a fox", partial_images: 2 });
   * for await (const event of stream) if (event.type !== "wire") show(Buffer.from(event.b64Json, "base64"));
   * ```
   */
  async streamGeneration(request: ImageGenerationRequest, options: UnaryOptions = {}): Promise<ImageStream> {
    const body = { ...generationBody(request), stream: true };
    return this.#stream(unaryCall(GENERATIONS, body, options), request);
  }

  /** Edits images and streams them; see {@link edit} and {@link streamGeneration}. */
  async streamEdit(request: ImageEditRequest, options: UnaryOptions = {}): Promise<ImageStream> {
    return this.#stream(await this.#editCall(request, { stream: true }, options), request);
  }

  async #editCall(request: ImageEditRequest, further: JsonObject, options: UnaryOptions): Promise<EndpointCall> {
    object("the request of an image edit", request, "an object with model, images and prompt");
    const { images, mask, ...fields } = request;
    checkPrompt(fields.prompt);
    if (!Array.isArray(images) || images.length === 0) {
      throw new BuildError("images is missing: give the images to edit as { image_url }, { file_id } or files");
    }
    const call = unaryCall(EDITS, undefined, options);
    const takesForms = !isChatgptBackend(this.service.provider);
    const ways = { takesForms, signal: options.signal };
    return { ...call, ...(await editBody({ images, mask }, { ...bodyOf(fields), ...further }, ways)) };
  }

  async #stream(
    call: EndpointCall,
    { model, n }: { readonly model?: unknown; readonly n?: number | null | undefined },
  ) {
    const { line, limits } = this.service;
    const { path = "", signal } = call;
    const scope = beginCall(line, { endpoint: path, model: modelOf({ model }) });
    const headers = { accept: "text/event-stream", ...call.headers };
    const response = await scope.observer.opening(() => this.service.stream({ ...call, headers, scope }));
    return new ImageStream(response, { count: n ?? 1, limits, signal, observer: scope.observer });
  }
}

function generationBody(request: ImageGenerationRequest): JsonObject {
  object("the request of an image", request, "an object with model and prompt");
  checkPrompt(request.prompt);
  checkModel(request.model);
  return bodyOf(request);
}

/** @throws {@link BuildError} `extra` repeats a field. */
function bodyOf<Request extends Omit<ImageRequestFields, "prompt">>({ extra, ...fields }: Request): JsonObject {
  return { ...fields, ...extraFields(extra, fields) };
}

function checkPrompt(prompt: unknown): void {
  if (typeof prompt !== "string") throw new BuildError("prompt is missing: say what the image should show");
}

/** @throws {@link ProtocolError} */
function decodeImageResponse(answer: AnswerReader): ImageResponse {
  const { created: _inItsForm, background, quality, size, output_format: format, ...further } = answer.fields;
  return {
    ...further,
    ...createdIn(answer),
    data: answer.objects("data", decodeImage),
    ...(typeof background === "string" ? { background } : {}),
    ...(typeof quality === "string" ? { quality } : {}),
    ...(typeof size === "string" ? { size } : {}),
    ...(typeof format === "string" ? { output_format: format } : {}),
  } as ImageResponse;
}

/** Some gateways leave it out, or write it in another form. The images were paid for. */
function createdIn({ fields }: AnswerReader): Pick<ImageResponse, "created"> {
  const created = numberOf(fields.created);
  return created === undefined ? {} : { created };
}

/** In base64, or as a URL: one of the two is present. */
function decodeImage(image: AnswerReader): GeneratedImage {
  const { b64_json: _base64, url: _url, ...further } = image.fields;
  const url = image.optionalText("url");
  const base64 = url === undefined ? image.text("b64_json") : image.optionalText("b64_json");
  return { ...further, ...(base64 !== undefined && { b64_json: base64 }), ...(url !== undefined && { url }) };
}
