import type { LanguageModelV4FilePart } from "@ai-sdk/provider";
import type { InputFile, InputImage } from "../../../index.ts";
import { PROVIDER } from "../carried.ts";
import { cacheBreakpoint } from "./openai-placement.ts";

type FilePart = Pick<LanguageModelV4FilePart, "data" | "mediaType" | "filename" | "providerOptions">;

/** A file of a message or a tool's output; undefined if it refers to a file of another provider. */
export function inputOfFile(part: FilePart): InputImage | InputFile | undefined {
  const { imageDetail, ...further } = optionsOf(part);
  if (isImage(part.mediaType)) {
    const detail = typeof imageDetail === "string" ? { detail: imageDetail } : {};
    const source = imageSource(part);
    return source && { type: "input_image", ...source, ...detail, ...further };
  }
  const source = fileSource(part);
  return source && { type: "input_file", ...source, ...further };
}

/** `imageDetail` in the SDK's own form, and wire fields. */
function optionsOf({ providerOptions }: FilePart): Record<string, unknown> {
  const { imageDetail } = providerOptions?.openai ?? {};
  const detail = imageDetail === undefined ? {} : { imageDetail };
  return { ...detail, ...cacheBreakpoint(providerOptions), ...providerOptions?.[PROVIDER] };
}

function isImage(mediaType: string): boolean {
  return mediaType === "image" || mediaType.startsWith("image/");
}

function imageSource({ data, mediaType }: FilePart): Pick<InputImage, "image_url" | "file_id"> | undefined {
  switch (data.type) {
    case "url":
      return { image_url: data.url.toString() };
    case "data":
      return { image_url: dataUrl(data.data, mediaType) };
    case "reference":
      return fileReference(data.reference);
    case "text":
      return { image_url: dataUrl(Buffer.from(data.text), mediaType) }; // an SVG
  }
}

function fileSource({ data, mediaType, filename }: FilePart): Omit<InputFile, "type"> | undefined {
  switch (data.type) {
    case "url":
      return { file_url: data.url.toString() };
    case "data":
      return { filename: filename ?? nameFor(mediaType), file_data: dataUrl(data.data, mediaType) };
    case "reference":
      return fileReference(data.reference);
    case "text":
      return { filename: filename ?? nameFor(mediaType), file_data: dataUrl(Buffer.from(data.text), mediaType) };
  }
}

function fileReference(reference: Readonly<Record<string, string>>): { readonly file_id: string } | undefined {
  const id = reference[PROVIDER] ?? reference.openai;
  return id === undefined ? undefined : { file_id: id };
}

/** The service requires a name, and tells the kind of file from its extension. */
function nameFor(mediaType: string): string {
  const subtype = mediaType.split("/")[1]?.replace(/^x-/, "");
  return `file.${subtype === undefined || subtype === "*" || subtype === "plain" ? "txt" : subtype}`;
}

function dataUrl(data: Uint8Array | string, mediaType: string): string {
  const base64 =
    typeof data === "string" ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
  return `data:${fullMediaType(mediaType, base64)};base64,${base64}`;
}

// The first bytes of an image, in base64.
const SIGNATURES: readonly (readonly [start: string, mediaType: string])[] = [
  ["iVBORw", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
  ["Qk", "image/bmp"],
];

function fullMediaType(mediaType: string, base64: string): string {
  if (mediaType.includes("/") && !mediaType.endsWith("/*")) return mediaType;
  if (mediaType.startsWith("text")) return "text/plain";
  if (!isImage(mediaType)) return "application/octet-stream";
  return SIGNATURES.find(([start]) => base64.startsWith(start))?.[1] ?? "image/png";
}
