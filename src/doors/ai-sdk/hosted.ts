import type { JSONValue, LanguageModelV4Content } from "@ai-sdk/provider";
import type { JsonObject, ResponseItem } from "../../index.ts";
import { metadata, without } from "./carried.ts";
import { camelKeys, camelWord } from "./key-case.ts";
import type { CallTools } from "./tools/of-call.ts";

/** A call that the service has run, in the SDK's form: its name, input and result. */
interface HostedCall {
  readonly name: string;
  readonly input: unknown;
  readonly result: unknown;
  readonly isError?: boolean;
  readonly dynamic?: boolean;
}

/** Large fields that are also in the result; they are copied from there back into the item. */
export const RESULT_FIELDS: ReadonlyMap<string, string> = new Map([["image_generation_call", "result"]]);

const FAILED = new Set(["failed", "incomplete"]);

/** Calls that are single items including their result. */
const HOSTED: ReadonlyMap<string, (item: JsonObject) => HostedCall> = new Map<string, (item: JsonObject) => HostedCall>(
  [
    [
      "web_search_call",
      ({ action, status }: JsonObject) => {
        if (FAILED.has(String(status))) return { name: "web_search", input: {}, result: { status }, isError: true };
        const { type, sources, ...told } = (action ?? {}) as { readonly type?: string; readonly sources?: unknown };
        const result = type
          ? { action: camelKeys({ type: camelWord(type), ...told }), ...(sources ? { sources } : {}) }
          : {};
        return { name: "web_search", input: {}, result };
      },
    ],
    [
      "file_search_call",
      ({ queries, results }: JsonObject) => ({
        name: "file_search",
        input: {},
        result: { queries, results: camelKeys(results ?? null) },
      }),
    ],
    [
      "code_interpreter_call",
      ({ code, container_id, outputs }: JsonObject) => ({
        name: "code_interpreter",
        input: { code, containerId: container_id },
        result: { outputs },
      }),
    ],
    [
      "image_generation_call",
      ({ result }: JsonObject) => ({ name: "image_generation", input: {}, result: { result } }),
    ],
    [
      "mcp_call",
      ({ name, server_label, arguments: input, output, error }: JsonObject) => ({
        name: `mcp.${name}`,
        input,
        dynamic: true,
        result: {
          type: "call",
          serverLabel: server_label,
          name,
          arguments: input,
          ...(output == null ? {} : { output }),
          ...(error == null ? {} : { error }),
        },
        ...(error == null ? {} : { isError: true }),
      }),
    ],
  ],
);

/** The parts of an item that contains both a call run by the service and its result; undefined for other items. */
export function hostedParts(item: ResponseItem, tools: CallTools): LanguageModelV4Content[] | undefined {
  const source = item as unknown as JsonObject;
  const type: string = item.type;
  const read = HOSTED.get(type);
  if (!read) return undefined;
  const { name, input, result, isError, dynamic } = read(source);
  const toolName = tools.nameOf(name);
  const toolCallId = String(source.approval_request_id ?? source.id);
  const shared = { toolCallId, toolName, ...(dynamic ? { dynamic } : {}) };
  const inResult = RESULT_FIELDS.get(type);
  return [
    {
      type: "tool-call",
      ...shared,
      input: typeof input === "string" ? input : JSON.stringify(input),
      providerExecuted: true,
      providerMetadata: metadata({ item: inResult ? without(item, inResult) : source }),
    },
    { type: "tool-result", ...shared, result: jsonOf(result), ...(isError ? { isError } : {}) },
    ...foundSources(source),
  ];
}

/** The sources that were found, in addition to the result. */
function foundSources({ type, id, action, results }: JsonObject): LanguageModelV4Content[] {
  if (type === "web_search_call") {
    const { sources = [] } = (action ?? {}) as { readonly sources?: readonly { type: string; url: string }[] };
    return sources
      .filter((source) => source.type === "url")
      .map(({ url }, index) => ({ type: "source", sourceType: "url", id: `${id}:${index}`, url }));
  }
  if (type !== "file_search_call" || !Array.isArray(results)) return [];
  const files = new Map<string, string>(results.map(({ file_id, filename }) => [file_id, filename ?? file_id]));
  return Array.from(files, ([fileId, filename]) => ({
    type: "source",
    sourceType: "document",
    id: `${id}:${fileId}`,
    mediaType: "text/plain",
    title: filename,
    filename,
    providerMetadata: metadata({ type: "file_search", fileId }),
  }));
}

export function jsonOf(value: unknown): NonNullable<JSONValue> {
  return (value ?? {}) as NonNullable<JSONValue>;
}
