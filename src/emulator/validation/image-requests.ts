import { type Fields, stringIn } from "../fields.ts";
import { ServiceError } from "../service-error.ts";
import { boolean, type Check, integer, oneOf, string } from "./checks.ts";
import { invalidValue, refused, tooLong, unknownParameter } from "./faults.ts";

/** The values that a family of image models accepts. For other models only what holds for all families is checked. */
interface Family {
  readonly name: RegExp;
  readonly longestPrompt: number;
  /** Parameters that this family does not have. */
  readonly foreign: readonly string[];
  check(settings: Fields, prefix: string): void;
}

const GPT_ONLY = [
  ...["background", "moderation", "output_format", "output_compression", "partial_images", "stream", "input_fidelity"],
];
const QUALITIES = ["low", "medium", "high", "auto"];

const FAMILIES: readonly Family[] = [
  {
    name: /^dall-e-2/,
    longestPrompt: 1000,
    foreign: [...GPT_ONLY, "style"],
    check(settings) {
      listed(settings, "size", ["256x256", "512x512", "1024x1024"]);
      listed(settings, "quality", ["standard"]);
    },
  },
  {
    name: /^dall-e-3/,
    longestPrompt: 4000,
    foreign: GPT_ONLY,
    check(settings) {
      listed(settings, "size", ["1024x1024", "1792x1024", "1024x1792"]);
      listed(settings, "quality", ["standard", "hd"]);
      if (Number(settings.n ?? 1) !== 1) throw refused("You must provide n=1 for this model.", "n", "invalid_value");
    },
  },
  {
    name: /^(?:gpt-image-1|chatgpt-image)/,
    longestPrompt: 32_000,
    foreign: ["response_format", "style"],
    check(settings, prefix) {
      given(settings, "size", prefix, oneOf(["1024x1024", "1024x1536", "1536x1024", "auto"]));
      given(settings, "quality", prefix, oneOf(QUALITIES));
    },
  },
  {
    name: /^gpt-image-/,
    longestPrompt: 32_000,
    foreign: ["response_format", "style"],
    check(settings, prefix) {
      given(settings, "size", prefix, freeSize);
      given(settings, "quality", prefix, oneOf(QUALITIES, ["xhigh", "max"]));
      if (settings.background === "transparent")
        throw unsupported("Transparent background is not supported for this model.", `${prefix}background`);
    },
  },
];

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["n", integer(1, 10)],
  ["size", string],
  ["quality", string],
  ["background", oneOf(["transparent", "opaque", "auto"])],
  ["output_format", oneOf(["png", "webp", "jpeg"], ["gif", "svg"])],
  ["output_compression", integer(0, 100)],
  ["moderation", oneOf(["low", "auto"])],
  ["partial_images", integer(0, 3)],
  ["input_fidelity", oneOf(["high", "low"])],
  ["response_format", oneOf(["url", "b64_json"])],
  ["style", oneOf(["vivid", "natural"])],
  ["stream", boolean],
  ["user", string],
];

/** Checks the fields of a request for images other than the images. @throws {@link ServiceError} 400 for the first error. */
export function checkImageRequest(body: Fields): void {
  const family = familyOf(body);
  const foreign = family?.foreign.find((name) => (body[name] ?? null) !== null);
  if (foreign !== undefined) throw unknownParameter(foreign);
  const prompt = stringIn(body, "prompt") ?? "";
  if (family && prompt.length > family.longestPrompt) throw tooLong("prompt", prompt, family.longestPrompt);
  checkImageSettings(body);
}

/**
 * Checks the settings of images, in a request for images or in the tool `image_generation`.
 *
 * @param prefix - Prefix of the field names in messages; empty for a request.
 * @throws {@link ServiceError} 400 for the first error.
 */
export function checkImageSettings(settings: Fields, prefix = ""): void {
  for (const [name, check] of CHECKS) given(settings, name, prefix, check);
  familyOf(settings)?.check(settings, prefix);
  const { output_format: format = "png", output_compression: compression = 100, background } = settings;
  if (format === "png" && typeof compression === "number" && compression < 100)
    throw unsupported(
      "Compression less than 100 is not supported for PNG output format",
      `${prefix}output_compression`,
    );
  if (format === "jpeg" && background === "transparent")
    throw unsupported("Transparent background is not supported for JPEG output format", `${prefix}background`);
}

function familyOf(settings: Fields): Family | undefined {
  const model = stringIn(settings, "model") ?? "";
  return FAMILIES.find(({ name }) => name.test(model));
}

function given(settings: Fields, name: string, prefix: string, check: Check): void {
  const { [name]: value } = settings;
  if (value !== undefined && value !== null) check(value, prefix + name);
}

/** The older models use other values. */
function listed(settings: Fields, name: string, supported: readonly string[]): void {
  const { [name]: value = supported[0] } = settings;
  if (value === null || supported.includes(String(value))) return;
  throw refused(`'${value}' is not one of [${supported.map((each) => `'${each}'`).join(", ")}] - '${name}'`, name);
}

const EDGE_STEP = 16;
const LONGEST_EDGE = 3840;
const LONGEST_TO_SHORTEST = 3;
const LEAST_PIXELS = 655_360;
const MOST_PIXELS = 8_294_400;

function freeSize(value: unknown, param: string): void {
  if (value === "auto") return;
  const [, width, height] = /^(\d+)x(\d+)$/.exec(String(value))?.map(Number) ?? [];
  if (width === undefined || height === undefined) throw invalidValue(param, value, ["1024x1024", "auto"]);
  const fault = sizeFault(width, height);
  if (fault !== undefined) throw refused(`Invalid size '${value}'. ${fault}`, param, "invalid_value");
}

function sizeFault(width: number, height: number): string | undefined {
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  if (width % EDGE_STEP !== 0 || height % EDGE_STEP !== 0)
    return `Width and height must both be divisible by ${EDGE_STEP}.`;
  if (longer > LONGEST_EDGE) return `The longest edge must be at most ${LONGEST_EDGE} pixels.`;
  if (longer > shorter * LONGEST_TO_SHORTEST)
    return `The longer edge must be at most ${LONGEST_TO_SHORTEST} times the shorter one.`;
  if (width * height < LEAST_PIXELS || width * height > MOST_PIXELS)
    return `It must have between ${LEAST_PIXELS} and ${MOST_PIXELS} pixels.`;
  return undefined;
}

/** Errors that the service reports only when it makes the image. */
function unsupported(message: string, param: string): ServiceError {
  return new ServiceError(400, { message, type: "image_generation_user_error", param, code: "invalid_value" });
}
