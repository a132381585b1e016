import type { Fields } from "../../fields.ts";
import type { HostedCall } from "../../model/draft.ts";
import { estimateTokens } from "../../model/pieces.ts";
import { PIXEL_PNG } from "../../model/pixel.ts";
import { includes } from "../request.ts";
import type { EventWriter, ItemEvents } from "./event-writer.ts";

/** The events of a tool that the service runs itself: added, its stages, done. */
export function hostedEvents(writer: EventWriter, call: HostedCall): ItemEvents {
  switch (call.type) {
    case "web_search_call":
      return webSearch(writer, call);
    case "file_search_call":
      return fileSearch(writer, call);
    case "image_generation_call":
      return imageGeneration(writer, call);
    case "code_interpreter_call":
      return codeInterpreter(writer, call);
    case "mcp_list_tools":
      return listing(writer, call);
    case "mcp_approval_request":
      return approvalRequest(writer, call);
    case "mcp_call":
      return serverCall(writer, call);
  }
}

type Call<Type extends HostedCall["type"]> = HostedCall & { readonly type: Type };

function* webSearch(writer: EventWriter, { query, sources }: Call<"web_search_call">): ItemEvents {
  const id = writer.identifiers.next("ws");
  const withSources = includes(writer.body, "web_search_call.action.sources");
  const action = {
    type: "search",
    queries: [query],
    query,
    ...(withSources && { sources: sources.map(({ url }) => ({ type: "url", url })) }),
  };
  yield writer.added({ id, type: "web_search_call", status: "in_progress" });
  yield* stages(writer, id, "response.web_search_call", ["in_progress", "searching", "completed"]);
  return yield* writer.done({ id, type: "web_search_call", status: "completed", action });
}

function* fileSearch(writer: EventWriter, { query, storeIds }: Call<"file_search_call">): ItemEvents {
  const id = writer.identifiers.next("fs");
  const item = { id, type: "file_search_call", queries: [query] };
  const found = storeIds.map((storeId) => ({
    attributes: {},
    file_id: `file-of-${storeId}`,
    filename: "notes.txt",
    score: 0.9,
    text: "The emulator has read no file.",
  }));
  yield writer.added({ ...item, status: "in_progress", queries: [], results: null });
  yield* stages(writer, id, "response.file_search_call", ["in_progress", "searching", "completed"]);
  const results = includes(writer.body, "file_search_call.results") ? found : null;
  return yield* writer.done({ ...item, status: "completed", results });
}

function* imageGeneration(writer: EventWriter, call: Call<"image_generation_call">): ItemEvents {
  const id = writer.identifiers.next("ig");
  const shape = { background: "opaque", output_format: "png", quality: "medium", size: "1024x1024" };
  yield writer.added({ id, type: "image_generation_call", status: "in_progress", result: null });
  yield* stages(writer, id, "response.image_generation_call", ["in_progress", "generating"]);
  for (let index = 0; index < call.partialImages; index += 1) {
    yield writer.event("response.image_generation_call.partial_image", {
      item_id: id,
      output_index: writer.outputIndex,
      partial_image_index: index,
      partial_image_b64: PIXEL_PNG,
      ...shape,
    });
  }
  yield* stages(writer, id, "response.image_generation_call", ["completed"]);
  writer.spend(estimateTokens(PIXEL_PNG));
  const result = { action: "generate", ...shape, result: PIXEL_PNG, revised_prompt: call.prompt };
  return yield* writer.done({ id, type: "image_generation_call", status: "completed", ...result });
}

function* codeInterpreter(writer: EventWriter, { code, logs }: Call<"code_interpreter_call">): ItemEvents {
  const id = writer.identifiers.next("ci");
  const place = { item_id: id, output_index: writer.outputIndex };
  const item = { id, type: "code_interpreter_call", container_id: writer.identifiers.next("cntr") };
  const name = "response.code_interpreter_call";
  yield writer.added({ ...item, status: "in_progress", code: "", outputs: [] });
  yield* stages(writer, id, name, ["in_progress"]);
  const written = yield* writer.text(`${name}_code.delta`, place, code);
  yield writer.event(`${name}_code.done`, { ...place, code: written.text });
  yield* stages(writer, id, name, ["interpreting", "completed"]);
  const outputs = includes(writer.body, "code_interpreter_call.outputs") ? [{ type: "logs", logs }] : null;
  return yield* writer.done({ ...item, status: "completed", code: written.text, outputs });
}

function* listing(writer: EventWriter, { serverLabel, tools }: Call<"mcp_list_tools">): ItemEvents {
  const id = writer.identifiers.next("mcpl");
  const item = { id, type: "mcp_list_tools", server_label: serverLabel };
  yield writer.added({ ...item, tools: [] });
  yield* stages(writer, id, "response.mcp_list_tools", ["in_progress", "completed"]);
  return yield* writer.done({ ...item, tools });
}

function* approvalRequest(writer: EventWriter, call: Call<"mcp_approval_request">): ItemEvents {
  const id = writer.identifiers.next("mcpr");
  const item: Fields = {
    id,
    type: "mcp_approval_request",
    arguments: call.arguments,
    name: call.name,
    server_label: call.serverLabel,
  };
  yield writer.added(item);
  return yield* writer.done(item);
}

function* serverCall(writer: EventWriter, call: Call<"mcp_call">): ItemEvents {
  const id = writer.identifiers.next("mcp");
  const place = { item_id: id, output_index: writer.outputIndex };
  const item = (status: string, written: string, output: string | null): Fields => ({
    id,
    type: "mcp_call",
    status,
    approval_request_id: call.approvalRequestId ?? null,
    arguments: written,
    error: null,
    name: call.name,
    output,
    server_label: call.serverLabel,
  });
  yield writer.added(item("in_progress", "", null));
  yield* stages(writer, id, "response.mcp_call", ["in_progress"]);
  const written = yield* writer.text("response.mcp_call_arguments.delta", place, call.arguments);
  yield writer.event("response.mcp_call_arguments.done", { ...place, arguments: written.text });
  yield* stages(writer, id, "response.mcp_call", ["completed"]);
  return yield* writer.done(item("completed", written.text, call.output));
}

function* stages(writer: EventWriter, id: string, name: string, states: readonly string[]) {
  for (const state of states) {
    yield writer.event(`${name}.${state}`, { output_index: writer.outputIndex, item_id: id });
  }
}
