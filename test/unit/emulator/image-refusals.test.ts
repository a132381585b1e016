// Answers of the image endpoints to faulty requests. docs/emulator.md says which texts are quoted from public issues and which are not known.
import { expect, it } from "vitest";
import { generateImages } from "../../../src/emulator/endpoints/images.ts";
import { checkTools } from "../../../src/emulator/validation/tools.ts";

const PLACE = { origin: "http://emulator", nowSeconds: 1 };
const LARGEST = "3840x2160";

const generate = (more: object) => () => generateImages({ model: "gpt-image-1.5", prompt: "a fox", ...more }, PLACE);

it.each<[more: object, param: string, code: string, message: string]>([
  [
    { quality: "standard" },
    "quality",
    "invalid_value",
    "Invalid value: 'standard'. Supported values are: 'low', 'medium', 'high', and 'auto'.",
  ],
  [
    { size: "512x512" },
    "size",
    "invalid_value",
    "Invalid value: '512x512'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.",
  ],
  [{ response_format: "url" }, "response_format", "unknown_parameter", "Unknown parameter: 'response_format'."],
  [
    { n: 11 },
    "n",
    "integer_above_max_value",
    "Invalid 'n': integer above maximum value. Expected a value <= 10, but got 11 instead.",
  ],
  [{ n: "two" }, "n", "invalid_type", "Invalid type for 'n': expected an integer, but got a string instead."],
  [
    { partial_images: 4 },
    "partial_images",
    "integer_above_max_value",
    "Invalid 'partial_images': integer above maximum value. Expected a value <= 3, but got 4 instead.",
  ],
  [
    { output_compression: 101 },
    "output_compression",
    "integer_above_max_value",
    "Invalid 'output_compression': integer above maximum value. Expected a value <= 100, but got 101 instead.",
  ],
  [
    { output_compression: 50 },
    "output_compression",
    "invalid_value",
    "Compression less than 100 is not supported for PNG output format",
  ],
  [
    { output_format: "bmp" },
    "output_format",
    "invalid_value",
    "Invalid value: 'bmp'. Supported values are: 'png', 'webp', and 'jpeg'.",
  ],
  [
    { background: "green" },
    "background",
    "invalid_value",
    "Invalid value: 'green'. Supported values are: 'transparent', 'opaque', and 'auto'.",
  ],
  [
    { background: "transparent", output_format: "jpeg" },
    "background",
    "invalid_value",
    "Transparent background is not supported for JPEG output format",
  ],
  [
    { moderation: "none" },
    "moderation",
    "invalid_value",
    "Invalid value: 'none'. Supported values are: 'low' and 'auto'.",
  ],
  [
    { prompt: "x".repeat(32_001) },
    "prompt",
    "string_above_max_length",
    "Invalid 'prompt': string too long. Expected a string with maximum length 32000, but got a string with length 32001 instead.",
  ],
  [
    { model: "gpt-image-2", background: "transparent" },
    "background",
    "invalid_value",
    "Transparent background is not supported for this model.",
  ],
  [
    { model: "gpt-image-2", size: "1792x936" },
    "size",
    "invalid_value",
    "Invalid size '1792x936'. Width and height must both be divisible by 16.",
  ],
  [
    { model: "gpt-image-2", size: "3856x2160" },
    "size",
    "invalid_value",
    "Invalid size '3856x2160'. The longest edge must be at most 3840 pixels.",
  ],
  [
    { model: "gpt-image-2", size: "2048x512" },
    "size",
    "invalid_value",
    "Invalid size '2048x512'. The longer edge must be at most 3 times the shorter one.",
  ],
  [
    { model: "gpt-image-2", size: "512x512" },
    "size",
    "invalid_value",
    "Invalid size '512x512'. It must have between 655360 and 8294400 pixels.",
  ],
  [
    { model: "dall-e-2", size: "1024x1536" },
    "size",
    "invalid_request_error",
    "'1024x1536' is not one of ['256x256', '512x512', '1024x1024'] - 'size'",
  ],
  [{ model: "dall-e-3", n: 2 }, "n", "invalid_value", "You must provide n=1 for this model."],
  [
    { model: "dall-e-3", output_format: "webp" },
    "output_format",
    "unknown_parameter",
    "Unknown parameter: 'output_format'.",
  ],
])("%j is refused", (more, param, code, message) => {
  expect(generate(more)).toThrow(
    expect.objectContaining({ status: 400, error: expect.objectContaining({ param, code, message }) }),
  );
});

it.each([
  { quality: "high", size: "auto", background: "transparent", output_format: "webp", output_compression: 50, n: 10 },
  { model: "gpt-image-2", size: LARGEST, quality: "auto", background: "opaque" },
  { model: "dall-e-3", size: "1792x1024", quality: "hd", style: "vivid", response_format: "url" },
  { model: "made-here", size: "7x7", quality: "best", response_format: "b64_json", background: null },
])("%j is answered", (more) => {
  expect(generate(more)().body).toMatchObject({ created: 1 });
});

it("the image tool has the same limits", () => {
  const tool = { type: "image_generation", model: "gpt-image-1", size: "10x10" };
  expect(() => checkTools([tool], "tools")).toThrow(
    expect.objectContaining({ error: expect.objectContaining({ param: "tools[0].size" }) }),
  );
});
