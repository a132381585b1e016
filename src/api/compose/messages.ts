import { BuildError } from "../../client/failure/kinds.ts";
import { knownOptions, object } from "../../client/options.ts";
import type {
  ContentItem,
  CustomToolCallOutputItem,
  FunctionCallOutputItem,
  ImageDetail,
  InputFile,
  InputImage,
  InputText,
  MessageItem,
  PromptCacheBreakpoint,
  ToolOutput,
} from "../wire/items.ts";
import { jsonText } from "../wire/json.ts";

/** The content of a message: a text, one part or several. */
export type MessageContent = string | ContentItem | readonly ContentItem[];

/** A user message, in the long form. */
export function userMessage(content: MessageContent): MessageItem {
  return { type: "message", role: "user", content: partsOf(content) };
}

/** A system message with instructions for the model, in the long form. */
export function systemMessage(content: MessageContent): MessageItem {
  return { type: "message", role: "system", content: partsOf(content) };
}

/** @throws {@link BuildError} There is no content, as when it comes from an argument that was not given. */
function partsOf(content: MessageContent): readonly ContentItem[] {
  if (typeof content === "string") return [{ type: "input_text", text: content }];
  if (isList(content)) return content;
  return [object("the content of a message", content, "a text, a part or a list of parts")];
}

function isList(content: ContentItem | readonly ContentItem[]): content is readonly ContentItem[] {
  return Array.isArray(content);
}

/** The bytes of a file; they are sent in base64, which is a third larger. */
export interface InlineBytes {
  readonly bytes: Uint8Array;
  /** For example `image/png`. */
  readonly mediaType: string;
}
/** A file that was uploaded before. */
export interface UploadedSource {
  readonly fileId: string;
}

export interface InputImageOptions {
  /** How closely the model looks at the image. @default the service's */
  readonly detail?: ImageDetail | undefined;
  /** Marks the end of a prefix that the service may cache. By default the service decides. */
  readonly promptCacheBreakpoint?: PromptCacheBreakpoint | undefined;
}

const IMAGE = knownOptions<InputImageOptions>("the options of inputImage()", {
  detail: true,
  promptCacheBreakpoint: true,
});

/**
 * An image in a message or in a tool's output.
 *
 * @param source - An `http:`, `https:` or `data:` URL, the bytes, or the id of an uploaded file.
 * @throws {@link BuildError} The text is not such a URL. For a file's path, read the file and pass its bytes.
 */
export function inputImage(
  source: string | URL | InlineBytes | UploadedSource,
  options: InputImageOptions = {},
): InputImage {
  IMAGE(options);
  return { type: "input_image", ...imageSource(source), ...partOptions(options) };
}

function imageSource(source: string | URL | InlineBytes | UploadedSource): Partial<InputImage> {
  if (typeof source === "string" || source instanceof URL) return { image_url: sentUrl("inputImage", source) };
  checkSource("inputImage", source);
  return "fileId" in source ? { file_id: source.fileId } : { image_url: dataUrl(source) };
}

export interface InputFileOptions {
  /** Name of the file; its extension tells the service the file's type. Required with bytes. */
  readonly filename?: string | undefined;
  /** How closely the model looks at the file's pages. @default the service's */
  readonly detail?: InputFile["detail"];
  /** Marks the end of a prefix that the service may cache. By default the service decides. */
  readonly promptCacheBreakpoint?: PromptCacheBreakpoint | undefined;
}

const FILE = knownOptions<InputFileOptions>("the options of inputFile()", {
  filename: true,
  detail: true,
  promptCacheBreakpoint: true,
});

/**
 * A file in a message or in a tool's output.
 *
 * @param source - An `http:`, `https:` or `data:` URL, the bytes, or the id of an uploaded file.
 * @throws {@link BuildError} The text is not such a URL, for example a path; or there are bytes without a `filename`.
 */
export function inputFile(
  source: string | URL | InlineBytes | UploadedSource,
  options: InputFileOptions = {},
): InputFile {
  FILE(options);
  const { filename, ...further } = options;
  return {
    type: "input_file",
    ...fileSource(source, filename),
    ...(filename === undefined ? {} : { filename }),
    ...partOptions(further),
  };
}

function fileSource(
  source: string | URL | InlineBytes | UploadedSource,
  filename: string | undefined,
): Partial<InputFile> {
  if (typeof source === "string" || source instanceof URL) {
    const url = sentUrl("inputFile", source);
    return url.startsWith("data:") ? { file_data: url } : { file_url: url };
  }
  checkSource("inputFile", source);
  if ("fileId" in source) return { file_id: source.fileId };
  if (filename === undefined) {
    throw new BuildError('inputFile: bytes need a filename, for example { filename: "report.pdf" }');
  }
  return { file_data: dataUrl(source) };
}

function partOptions<Detail>(options: {
  readonly detail?: Detail | undefined;
  readonly promptCacheBreakpoint?: PromptCacheBreakpoint | undefined;
}): { readonly detail?: Detail; readonly prompt_cache_breakpoint?: PromptCacheBreakpoint } {
  const { detail, promptCacheBreakpoint } = options;
  return {
    ...(detail === undefined ? {} : { detail }),
    ...(promptCacheBreakpoint === undefined ? {} : { prompt_cache_breakpoint: promptCacheBreakpoint }),
  };
}

function sentUrl(builder: string, source: string | URL): string {
  const url = String(source);
  if (/^(https?:\/\/|data:)/i.test(url)) return url;
  throw new BuildError(
    `${builder}: the source is not an http:, https: or data: URL; give a local file as { bytes, mediaType }`,
  );
}

/** @throws {@link BuildError} Bytes alone do not say what they are. */
function checkSource(builder: string, source: InlineBytes | UploadedSource): void {
  const { fileId, bytes, mediaType } = (source ?? {}) as Partial<InlineBytes & UploadedSource>;
  if (typeof fileId === "string" || (bytes instanceof Uint8Array && typeof mediaType === "string")) return;
  throw new BuildError(`${builder}: the source must be a URL, { bytes, mediaType } or { fileId }`);
}

function dataUrl({ bytes, mediaType }: InlineBytes): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return `data:${mediaType};base64,${base64}`;
}

interface ItemToAnswer<Type extends string> {
  readonly type: Type;
  readonly call_id: string;
  readonly caller?: FunctionCallOutputItem["caller"];
}
type CustomCallToAnswer = ItemToAnswer<"custom_tool_call">;
type FunctionCallToAnswer = ItemToAnswer<"function_call">;
type CallToAnswer = CustomCallToAnswer | FunctionCallToAnswer;

type Part = InputText | InputImage | InputFile;
/**
 * An object that is written as JSON: no list, which would be parts; no promise, which somebody forgot to await; no map or set, which JSON
 * lacks.
 */
type WrittenObject =
  | Readonly<Record<string, unknown>>
  | (object & { readonly then?: never; readonly [Symbol.iterator]?: never });
/** What a tool may return: a text, a part or a list of parts, or an object that is written as JSON. */
export type ToolResult = ToolOutput | Part | WrittenObject;

/**
 * The output of a tool, for the next request's `input`. The call's `caller` is included, as the service requires.
 *
 * @param call - The call as received (`collect()`'s `calls[…]` or its item), or the id of a function call.
 * @param output - A text; a part or a list of parts (`inputImage`, `inputFile`); or an object, which is written as JSON. Write other lists
 *   yourself, or put them into an object. An error, also in an object, is written as its name and message.
 * @throws {@link BuildError} `call` is no call. Or `output` is missing, is a list of something else, bytes, a map or a set, or cannot be
 *   written as JSON.
 */
export function functionOutput(
  call: CustomCallToAnswer | { readonly item: CustomCallToAnswer },
  output: ToolResult,
): CustomToolCallOutputItem;
export function functionOutput(
  call: string | FunctionCallToAnswer | { readonly item: FunctionCallToAnswer },
  output: ToolResult,
): FunctionCallOutputItem;
export function functionOutput(
  call: CallToAnswer | { readonly item: CallToAnswer },
  output: ToolResult,
): FunctionCallOutputItem | CustomToolCallOutputItem;
export function functionOutput(
  call: string | CallToAnswer | { readonly item: CallToAnswer },
  output: ToolResult,
): FunctionCallOutputItem | CustomToolCallOutputItem {
  const written = writtenOutput(output);
  if (typeof call === "string") return { type: "function_call_output", call_id: call, output: written };
  const { type, call_id, caller } = itemOf(call);
  return {
    type: type === "custom_tool_call" ? "custom_tool_call_output" : "function_call_output",
    call_id,
    output: written,
    ...(caller === undefined || caller === null ? {} : { caller }),
  };
}

/** @throws {@link BuildError} An output without the call's id would be refused. */
function itemOf(call: CallToAnswer | { readonly item: CallToAnswer }): CallToAnswer {
  const item = call && "item" in call ? call.item : call;
  if (typeof item?.call_id === "string") return item;
  throw new BuildError("functionOutput: the first argument must be a call, as collect() gives in calls, or a call_id");
}

/** @throws {@link BuildError} The service would refuse it, or the model would read `{}`. */
function writtenOutput(output: ToolResult): ToolOutput {
  if (typeof output === "string") return output;
  if (output === undefined)
    throw new BuildError('functionOutput: the output is undefined; a tool without one may say "done"');
  if (isPart(output)) return [output];
  if (Array.isArray(output)) {
    if (output.every(isTyped)) return output as ToolOutput;
    throw new BuildError(
      "functionOutput: a list must hold parts; write another one with JSON.stringify, or as { results: list }",
    );
  }
  if (output instanceof Promise) throw new BuildError("functionOutput: the output is a promise; await it first");
  if (output instanceof Error) return String(output);
  if (Symbol.iterator in Object(output))
    throw new BuildError(
      "functionOutput: the output is bytes, a map or another iterable; write it as a text, or as an object of plain values",
    );
  return jsonText(output, withErrors);
}

/** JSON alone has nothing of an error: its message is not enumerable. */
function withErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? String(value) : value;
}

function isPart(output: unknown): output is Part {
  return isTyped(output) && ["input_text", "input_image", "input_file"].includes(output.type);
}

function isTyped(value: unknown): value is { readonly type: string } {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
