import { type Fields, stringIn } from "../../fields.ts";
import type { HostedCall } from "../../model/draft.ts";
import { estimateTokens } from "../../model/pieces.ts";
import { PIXEL_PNG } from "../../model/pixel.ts";
import { includes } from "../request.ts";
import type { EventWriter, ItemEvents } from "./event-writer.ts";

type Named<Name extends HostedCall["type"]> = HostedCall & { readonly type: Name };

/** What a tool that the service runs itself has done, as an item. */
export function hostedItem(writer: EventWriter, call: HostedCall): Fields {
  const { type } = call;
  switch (type) {
    case "web_search_call":
      return { ...begun(writer, "ws", type), status: "completed", action: searchAction(writer, call) };
    case "file_search_call":
      return {
        ...{ ...begun(writer, "fs", type), queries: [call.query], status: "completed" },
        results: includes(writer.body, "file_search_call.results") ? call.storeIds.map(foundIn) : null,
      };
    case "image_generation_call":
      return {
        ...{ ...begun(writer, "ig", type), status: "completed", action: "generate", ...IMAGE_SHAPE },
        ...{ result: PIXEL_PNG, revised_prompt: call.prompt },
      };
    case "code_interpreter_call":
      return {
        ...{ ...begun(writer, "ci", type), container_id: writer.identifiers.next("cntr"), status: "completed" },
        code: call.code,
        outputs: includes(writer.body, "code_interpreter_call.outputs") ? [{ type: "logs", logs: call.logs }] : null,
      };
    case "mcp_list_tools":
      return { ...begun(writer, "mcpl", type), server_label: call.serverLabel, tools: call.tools };
    case "mcp_approval_request":
      return {
        ...{ ...begun(writer, "mcpr", type), arguments: call.arguments, name: call.name },
        server_label: call.serverLabel,
      };
    case "mcp_call":
      return {
        ...{ ...begun(writer, "mcp", type), status: "completed" },
        approval_request_id: call.approvalRequestId ?? null,
        ...{ arguments: call.arguments, error: null, name: call.name, output: call.output },
        server_label: call.serverLabel,
      };
  }
}

function begun(writer: EventWriter, prefix: string, type: string): Fields {
  return { id: writer.identifiers.next(prefix), type };
}

function searchAction(writer: EventWriter, { query, sources }: Named<"web_search_call">): Fields {
  const withSources = includes(writer.body, "web_search_call.action.sources");
  return {
    ...{ type: "search", queries: [query], query },
    ...(withSources && { sources: sources.map(({ url }) => ({ type: "url", url })) }),
  };
}

function foundIn(storeId: string): Fields {
  return {
    attributes: {},
    file_id: `file-of-${storeId}`,
    filename: "notes.txt",
    score: 0.9,
    text: "The emulator has read no file.",
  };
}

const IMAGE_SHAPE = { background: "opaque", output_format: "png", quality: "medium", size: "1024x1024" };

type Events = (writer: EventWriter, item: Fields, partialImages: number) => ItemEvents;

const EVENTS: ReadonlyMap<unknown, Events> = new Map<HostedCall["type"], Events>([
  ["web_search_call", webSearch],
  ["file_search_call", fileSearch],
  ["image_generation_call", imageGeneration],
  ["code_interpreter_call", codeInterpreter],
  ["mcp_list_tools", listing],
  ["mcp_call", serverCall],
]);

/** True if the service tells of this item in stages. */
export function isHosted({ type }: Fields): boolean {
  return EVENTS.has(type);
}

/** The events of a tool that the service runs itself: added, its stages, done. */
export function hostedEvents(writer: EventWriter, item: Fields, partialImages = 0): ItemEvents {
  return (EVENTS.get(item.type) ?? atOnce)(writer, item, partialImages);
}

function* atOnce(writer: EventWriter, item: Fields): ItemEvents {
  yield writer.added(item);
  return yield* writer.done(item);
}

function* webSearch(writer: EventWriter, item: Fields): ItemEvents {
  yield writer.added({ id: item.id, type: item.type, status: "in_progress" });
  yield* stages(writer, item, "response.web_search_call", ["in_progress", "searching", ...wholeEnd(item)]);
  return yield* writer.done(item);
}

function* fileSearch(writer: EventWriter, item: Fields): ItemEvents {
  yield writer.added({ ...item, status: "in_progress", queries: [], results: null });
  yield* stages(writer, item, "response.file_search_call", ["in_progress", "searching", ...wholeEnd(item)]);
  return yield* writer.done(item);
}

function* imageGeneration(writer: EventWriter, item: Fields, partialImages: number): ItemEvents {
  yield writer.added({ id: item.id, type: item.type, status: "in_progress", result: null });
  yield* stages(writer, item, "response.image_generation_call", ["in_progress", "generating"]);
  for (let index = 0; index < partialImages; index += 1) {
    yield writer.event("response.image_generation_call.partial_image", {
      item_id: item.id,
      output_index: writer.outputIndex,
      partial_image_index: index,
      partial_image_b64: PIXEL_PNG,
      ...IMAGE_SHAPE,
    });
  }
  yield* stages(writer, item, "response.image_generation_call", ["completed"]);
  writer.spend(estimateTokens(stringIn(item, "result") ?? ""));
  return yield* writer.done(item);
}

function* codeInterpreter(writer: EventWriter, item: Fields): ItemEvents {
  const place = { item_id: item.id, output_index: writer.outputIndex };
  const name = "response.code_interpreter_call";
  const code = stringIn(item, "code");
  yield writer.added({ ...item, status: "in_progress", code: "", outputs: [] });
  yield* stages(writer, item, name, ["in_progress"]);
  const written = yield* writer.text(`${name}_code.delta`, place, code ?? "");
  yield writer.event(`${name}_code.done`, { ...place, code: written.text });
  yield* stages(writer, item, name, ["interpreting", "completed"]);
  return yield* writer.done({ ...item, code: code === undefined ? (item.code ?? null) : written.text });
}

function* listing(writer: EventWriter, item: Fields): ItemEvents {
  yield writer.added({ ...item, tools: [] });
  yield* stages(writer, item, "response.mcp_list_tools", ["in_progress", endOf(item)]);
  return yield* writer.done(item);
}

function* serverCall(writer: EventWriter, item: Fields): ItemEvents {
  const place = { item_id: item.id, output_index: writer.outputIndex };
  yield writer.added({ ...item, status: "in_progress", arguments: "", error: null, output: null });
  yield* stages(writer, item, "response.mcp_call", ["in_progress"]);
  const written = yield* writer.text("response.mcp_call_arguments.delta", place, stringIn(item, "arguments") ?? "");
  yield writer.event("response.mcp_call_arguments.done", { ...place, arguments: written.text });
  yield* stages(writer, item, "response.mcp_call", [endOf(item)]);
  return yield* writer.done({ ...item, arguments: written.text });
}

/** These have no event for a failure. */
function wholeEnd(item: Fields): readonly string[] {
  return endOf(item) === "completed" ? ["completed"] : [];
}

function endOf({ status, error = null }: Fields): "completed" | "failed" {
  return status === "failed" || error !== null ? "failed" : "completed";
}

function* stages(writer: EventWriter, { id }: Fields, name: string, states: readonly string[]) {
  for (const state of states) {
    yield writer.event(`${name}.${state}`, { output_index: writer.outputIndex, item_id: id });
  }
}
