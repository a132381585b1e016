import { type Fields, isFields, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../journal/recording.ts";
import { PIXEL_PNG } from "../model/pixel.ts";
import { required } from "../responses/request.ts";
import { ServiceError } from "../service-error.ts";
import { filesIn, formIn, isForm } from "./form.ts";

const MOST_IMAGES = 10;

/** Answers `images/generations`: as many single pixels as were asked for. @throws {@link ServiceError} 400 */
export function generateImages(body: Fields, nowSeconds: number): Fields {
  required(body, "model");
  return images(body, nowSeconds);
}

/** Answers `images/edits` in either form, the same way. @throws {@link ServiceError} 400 */
export async function editImages(request: RecordedRequest, nowSeconds: number): Promise<Fields> {
  if (!isForm(request)) return editListed(isFields(request.json) ? request.json : {}, nowSeconds);
  const form = await formIn(request);
  if (filesIn(form, "image").length === 0) throw noImages("image");
  const fields = Object.fromEntries([...form].filter(([, value]) => typeof value === "string"));
  const { n = "1" } = fields;
  return images({ ...fields, n: Number(n) }, nowSeconds);
}

function editListed(body: Fields, nowSeconds: number): Fields {
  if (!Array.isArray(body.images) || body.images.length === 0) throw noImages("images");
  return images(body, nowSeconds);
}

function noImages(param: string): ServiceError {
  return new ServiceError(400, {
    message: `Missing required parameter: '${param}'.`,
    param,
    code: "missing_required_parameter",
  });
}

function images(body: Fields, nowSeconds: number): Fields {
  required(body, "prompt");
  const { n = 1 } = body;
  if (!Number.isInteger(n) || Number(n) < 1 || Number(n) > MOST_IMAGES) {
    throw new ServiceError(400, {
      message: `Invalid 'n': expected an integer from 1 to ${MOST_IMAGES}.`,
      param: "n",
      code: "invalid_value",
    });
  }
  return {
    created: nowSeconds,
    background: stringIn(body, "background") ?? "opaque",
    data: Array.from({ length: Number(n) }, () => ({ b64_json: PIXEL_PNG })),
    output_format: "png",
    quality: stringIn(body, "quality") ?? "medium",
    size: stringIn(body, "size") ?? "1x1",
  };
}
