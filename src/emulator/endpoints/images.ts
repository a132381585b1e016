import { type Fields, isFields, stringIn, type WireEvent } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { PIXEL_PNG } from "../model/pixel.ts";
import { required } from "../responses/request.ts";
import { ServiceError } from "../service-error.ts";
import { missing, tooMany } from "../validation/faults.ts";
import { checkImage } from "../validation/image-data.ts";
import { checkImageRequest } from "../validation/image-requests.ts";
import type { FileShelf } from "./files.ts";
import { filesIn, formIn, isForm } from "./form.ts";

/** Images to be edited. */
const MOST_GIVEN = 16;
const IMAGE_ID = /^img_\d+$/;

/** One body, or a stream of events. */
export interface ImagesAnswer {
  readonly body?: unknown;
  readonly events?: Iterable<WireEvent>;
}

interface Place {
  /** Origin of the server, for URLs of images. */
  readonly origin: string;
  readonly nowSeconds: number;
}

/** Answers `images/generations` with single-pixel images. @throws {@link ServiceError} 400 */
export function generateImages(body: Fields, place: Place): ImagesAnswer {
  required(body, "model");
  return images("image_generation", body, place);
}

/** Answers `images/edits` in either form, the same way. @throws {@link ServiceError} 400, or 404 for a file that was not uploaded */
export async function editImages(request: RecordedRequest, files: FileShelf, place: Place): Promise<ImagesAnswer> {
  const body = isForm(request) ? await fieldsOf(await formIn(request)) : isFields(request.json) ? request.json : {};
  if (!isForm(request)) {
    const pictures = [...(Array.isArray(body.images) ? body.images : []), body.mask].filter(isFields);
    if (!Array.isArray(body.images) || body.images.length === 0) throw missing("images");
    if (body.images.length > MOST_GIVEN) throw tooMany("images", body.images, MOST_GIVEN);
    for (const [index, { file_id: id, image_url: url }] of pictures.entries()) {
      if (typeof id === "string") files.describe(id);
      if (typeof url === "string") checkImage(url, index < body.images.length ? `images[${index}]` : "mask");
    }
  }
  return images("image_edit", body, place);
}

/** The file that a URL in an answer refers to. @throws {@link ServiceError} 404 */
export function imageFile(id: string): Uint8Array {
  if (IMAGE_ID.test(id)) return Buffer.from(PIXEL_PNG, "base64");
  throw new ServiceError(404, { message: `Nothing can be downloaded as ${id}.`, param: "id" });
}

/**
 * The fields of a form, in the form that JSON has. @throws {@link ServiceError} 400 without an image, or if the content type is not that of
 * an image.
 */
async function fieldsOf(form: FormData): Promise<Fields> {
  const pictures = [...filesIn(form, "image"), ...filesIn(form, "mask")];
  if (filesIn(form, "image").length === 0) throw missing("image");
  for (const { type, name } of pictures) {
    if (type.startsWith("image/")) continue;
    throw new ServiceError(400, {
      message: `Invalid file '${name}': unsupported mimetype ('${type}').`,
      code: "unsupported_file_mimetype",
    });
  }
  const texts = [...form].filter(([, value]) => typeof value === "string");
  return Object.fromEntries(texts.map(([name, value]) => [name, FROM_TEXT.get(name)?.(String(value)) ?? value]));
}

const FROM_TEXT: ReadonlyMap<string, (text: string) => unknown> = new Map<string, (text: string) => unknown>([
  ...["n", "partial_images", "output_compression"].map((name) => [name, numberFrom] as const),
  ["stream", (text) => text === "true"],
]);

/** A text that is no number stays one, so that its refusal says so. */
function numberFrom(text: string): number | string {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

function images(name: string, body: Fields, { origin, nowSeconds }: Place): ImagesAnswer {
  required(body, "prompt");
  checkImageRequest(body);
  const count = Number(body.n ?? 1);
  const partials = Number(body.partial_images ?? 0);
  const made = {
    background: stringIn(body, "background") ?? "opaque",
    output_format: stringIn(body, "output_format") ?? "png",
    quality: stringIn(body, "quality") ?? "medium",
    size: stringIn(body, "size") ?? "1x1",
  };
  if (body.stream === true) return { events: streamed(name, count, partials, { ...made, created_at: nowSeconds }) };
  const asUrl = body.response_format === "url";
  const data = Array.from({ length: count }, (_, index) =>
    asUrl ? { url: `${origin}/download/img_${index}` } : { b64_json: PIXEL_PNG },
  );
  return { body: { created: nowSeconds, data, ...made, usage: usageOf(count) } };
}

function* streamed(name: string, count: number, partials: number, made: Fields): Generator<WireEvent> {
  for (let image = 0; image < count; image += 1) {
    for (let index = 0; index < partials; index += 1) {
      yield { type: `${name}.partial_image`, b64_json: PIXEL_PNG, partial_image_index: index, ...made };
    }
    yield { type: `${name}.completed`, b64_json: PIXEL_PNG, ...made, usage: usageOf(1) };
  }
}

/** A pixel costs few tokens. */
function usageOf(count: number): Fields {
  return {
    total_tokens: 10 + count,
    input_tokens: 10,
    output_tokens: count,
    input_tokens_details: { text_tokens: 10, image_tokens: 0 },
  };
}
