import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import type { CodexApiLanguageModel } from "./model.ts";

type FileData = LanguageModelV4FilePart["data"];
/** A part of a prompt of either version, with the fields that matter here. */
type AnyPart = { readonly type: string; readonly [field: string]: unknown };

/**
 * The model for AI SDK 6. In its specification files have another form, and there is no part for unlisted items: an empty reasoning part
 * carries those.
 */
export function asPreviousSpecification(model: CodexApiLanguageModel): LanguageModelV3 {
  return {
    specificationVersion: "v3",
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    async doGenerate(options) {
      const { content, ...result } = await model.doGenerate(upgraded(options));
      return { ...result, content: content.map(downgraded) } as unknown as LanguageModelV3GenerateResult;
    },
    async doStream(options) {
      const { stream, ...result } = await model.doStream(upgraded(options));
      const parts = new TransformStream<LanguageModelV4StreamPart, LanguageModelV3StreamPart>({
        transform(part, controller) {
          if (part.type !== "custom") return controller.enqueue(part as LanguageModelV3StreamPart);
          const id = part.kind;
          controller.enqueue({ type: "reasoning-start", id });
          controller.enqueue({ ...metadataOf(part), type: "reasoning-end", id });
        },
      });
      return { ...result, stream: stream.pipeThrough(parts) };
    },
  };
}

function downgraded(part: { readonly type: string }): object {
  return part.type === "custom" ? { ...part, type: "reasoning", text: "" } : part;
}

function metadataOf({ providerMetadata }: Extract<LanguageModelV4StreamPart, { type: "custom" }>) {
  return providerMetadata ? { providerMetadata } : {};
}

function upgraded({ prompt, ...options }: LanguageModelV3CallOptions): LanguageModelV4CallOptions {
  const messages = prompt.map((message) => {
    if (message.role === "system") return message;
    return { ...message, content: (message.content as unknown as readonly AnyPart[]).map(upgradedPart) };
  });
  return { ...options, prompt: messages } as LanguageModelV4CallOptions;
}

function upgradedPart(part: AnyPart): AnyPart {
  if (part.type === "file") return { ...part, data: fileData(part.data) };
  const output = part.output as { readonly type?: string; readonly value?: unknown } | undefined;
  if (part.type !== "tool-result" || output?.type !== "content") return part;
  return { ...part, output: { ...output, value: (output.value as readonly AnyPart[]).map(upgradedOutput) } };
}

function fileData(data: unknown): FileData {
  return data instanceof URL ? { type: "url", url: data } : { type: "data", data: data as Uint8Array | string };
}

/** `image-url`, `file-data` and their like. */
function upgradedOutput(part: AnyPart): AnyPart {
  const [what, form] = part.type.split("-", 2);
  if (what !== "image" && what !== "file" && what !== "media") return part;
  const { mediaType = what === "image" ? "image/*" : "application/octet-stream", filename, providerOptions } = part;
  const file = { type: "file", mediaType, filename, providerOptions };
  if (part.url !== undefined) return { ...file, data: { type: "url", url: new URL(String(part.url)) } };
  if (part.fileId !== undefined) return { ...file, data: { type: "reference", reference: references(part.fileId) } };
  return form === "data" || what === "media" ? { ...file, data: { type: "data", data: part.data } } : part;
}

function references(fileId: unknown): Readonly<Record<string, unknown>> {
  return typeof fileId === "object" && fileId !== null ? { ...fileId } : { openai: fileId };
}
