import { type Fields, stringIn } from "../fields.ts";
import { required } from "../responses/request.ts";
import { ServiceError } from "../service-error.ts";

/** A PNG of one transparent pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";
const MOST_IMAGES = 10;

/** Answers `images/generations`: as many single pixels as were asked for. @throws {@link ServiceError} 400 */
export function generateImages(body: Fields, nowSeconds: number): Fields {
  required(body, "model");
  return images(body, nowSeconds);
}

/** Answers `images/edits`, the same way. @throws {@link ServiceError} 400 */
export function editImages(body: Fields, nowSeconds: number): Fields {
  if (!Array.isArray(body.images) || body.images.length === 0) {
    throw new ServiceError(400, {
      message: "Missing required parameter: 'images'.",
      param: "images",
      code: "missing_required_parameter",
    });
  }
  return images(body, nowSeconds);
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
    data: Array.from({ length: Number(n) }, () => ({ b64_json: PIXEL })),
    output_format: "png",
    quality: stringIn(body, "quality") ?? "medium",
    size: stringIn(body, "size") ?? "1x1",
  };
}
