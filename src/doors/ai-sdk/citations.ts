import type { LanguageModelV4Citation, LanguageModelV4Source } from "@ai-sdk/provider";
import type { JsonObject, MessageItem, ResponseItem } from "../../index.ts";
import { metadata } from "./carried.ts";

/** The sources in a message's annotations, once each; without web pages if the search has reported them all. */
export function sourcesOf(message: MessageItem, hasSearched: boolean): LanguageModelV4Source[] {
  const found = new Map<string, LanguageModelV4Source>();
  for (const piece of message.content as readonly JsonObject[]) {
    for (const annotation of annotationsOf(piece)) {
      const source = sourceOf(annotation, `${message.id ?? "message"}:${found.size}`);
      if (source && !(hasSearched && annotation.type === "url_citation"))
        found.set(String(annotation.url ?? annotation.file_id), source);
    }
  }
  return [...found.values()];
}

export function citationsOf(piece: JsonObject, prefix: string): LanguageModelV4Citation[] {
  return annotationsOf(piece).flatMap((annotation, index) => {
    const source = sourceOf(annotation, `${prefix}:${index}`);
    if (!source || annotation.type === "file_path") return [];
    const { start_index: startIndex, end_index: endIndex } = annotation;
    const range = typeof startIndex === "number" && typeof endIndex === "number" ? { startIndex, endIndex } : {};
    return [{ source, ...range }];
  });
}

function annotationsOf({ annotations }: JsonObject): readonly JsonObject[] {
  return Array.isArray(annotations) ? annotations : [];
}

/** Undefined for kinds that have no source. */
function sourceOf(annotation: JsonObject, id: string): LanguageModelV4Source | undefined {
  const { type, url, title, file_id, filename, container_id, index } = annotation;
  if (typeof url === "string") {
    return { type: "source", sourceType: "url", id, url, ...(typeof title === "string" ? { title } : {}) };
  }
  if (typeof file_id !== "string") return undefined;
  const name = typeof filename === "string" ? filename : file_id;
  return {
    type: "source",
    sourceType: "document",
    id,
    title: name,
    filename: name,
    mediaType: type === "file_path" ? "application/octet-stream" : "text/plain",
    providerMetadata: metadata({ type, fileId: file_id, containerId: container_id, index }),
  };
}

/** A web search that reports its results. */
export function tellsSources(item: ResponseItem): boolean {
  if (item.type !== "web_search_call") return false;
  const { sources } = (item.action ?? {}) as { readonly sources?: readonly unknown[] };
  return sources !== undefined && sources.length > 0;
}
