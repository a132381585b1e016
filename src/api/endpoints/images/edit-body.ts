import { BuildError } from "../../../client/failure/kinds.ts";
import type { EndpointCall } from "../../service/call.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import { type FileSource, sizeUp } from "../files/source.ts";
import { type FormPart, formBody } from "../form.ts";
import type { ImageEditRequest, ImageReference } from "./shape.ts";

type Picture = ImageReference | FileSource;

/**
 * The body of an edit: JSON if all images are references, a form if all are files.
 *
 * @param fields - Everything but the images.
 * @throws {@link BuildError} Files and references are mixed, a file cannot be read, or the service accepts no form.
 */
export async function editBody(
  { images, mask }: Pick<ImageEditRequest, "images" | "mask">,
  fields: JsonObject,
  { takesForms, signal }: { readonly takesForms: boolean; readonly signal?: AbortSignal | undefined },
): Promise<Pick<EndpointCall, "json" | "raw">> {
  const pictures: readonly Picture[] = mask === undefined ? images : [...images, mask];
  if (pictures.every(isReference)) return { json: { images, ...fields, ...(mask !== undefined && { mask }) } };
  if (pictures.some(isReference)) {
    throw new BuildError(
      "images and mask mix files with references: give all as files, or all as { image_url } or { file_id }",
    );
  }
  if (!takesForms) {
    throw new BuildError("the ChatGPT backend accepts no files here: give each image as { image_url }, a data: URL");
  }
  const name = images.length === 1 ? "image" : "image[]";
  const parts = [...Object.entries(fields).flatMap(([field, value]) => textParts(field, value))];
  for (const image of images as readonly FileSource[]) parts.push({ name, file: await sizeUp(image, signal) });
  if (mask !== undefined) parts.push({ name: "mask", file: await sizeUp(mask as FileSource, signal) });
  return { raw: formBody(parts) };
}

function isReference(picture: Picture): picture is ImageReference {
  return isJsonObject(picture) && ("image_url" in picture || "file_id" in picture);
}

/** Form fields are texts; the name of a nested one contains its path. Null is left out, like a missing field. */
function textParts(name: string, value: unknown): FormPart[] {
  if (value === undefined || value === null) return [];
  if (!isJsonObject(value)) return [{ name, text: String(value) }];
  return Object.entries(value).flatMap(([key, inner]) => textParts(`${name}[${key}]`, inner));
}
