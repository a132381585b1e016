import { describe, expect, test } from "vitest";
import { ResponseReader } from "../../../../src/api/responses/reader.ts";
import { silentLogger } from "../../../../src/client/observe/log.ts";
import type { StreamPoll } from "../../../../src/client/observe/telemetry.ts";

type Carrier = StreamPoll["carrier"];

/** What a reader returns for some texts. */
function read(carrier: Carrier, texts: readonly string[], wireEvents = false) {
  const emitted: object[] = [];
  const polled: (string | undefined)[] = [];
  const sink = {
    event: (event: object) => void emitted.push(event),
    deltas: ({ events }: { readonly events: readonly object[] }) => void emitted.push(...events),
    whole: <Done>(done: Done) => done,
    completed() {},
    failed: ({ kind }: { readonly kind: string }) => void emitted.push({ failed: kind }),
    broke: ({ kind }: { readonly kind: string }) => void emitted.push({ broke: kind }),
  };
  const telemetry = { onStreamPoll: ({ type }: StreamPoll) => void polled.push(type) };
  const reader = new ResponseReader(sink, carrier, { wireEvents, telemetry, logger: silentLogger });
  for (const text of texts) reader.read(text);
  return { emitted, polled };
}

const headers = { "openai-model": "gpt-b" };
const model = { type: "server_model", model: "gpt-b" };

describe("the model that actually answers", () => {
  const limits = { type: "rate_limits", snapshot: { limitId: "codex" } };
  test.each<[Carrier, string, object, object[]]>([
    ["websocket", "an error frame", { type: "error", status: 500 }, [{ failed: "http" }]],
    ["websocket", "limits", { type: "codex.rate_limits" }, [limits]],
    ["websocket", "an error frame without a status", { type: "error" }, [{ failed: "stream" }]],
    ["websocket", "a failure", { type: "response.failed" }, [model, { failed: "stream" }]],
    ["websocket", "an event of any type", { type: "response.new" }, [model]],
    ["http", "an error event", { type: "error", status: 500 }, [model, { failed: "http" }]],
    ["http", "limits", { type: "codex.rate_limits" }, [model, limits]],
  ])("is reported on %s, from the headers of %s", (carrier, _what, event, expected) => {
    expect(read(carrier, [JSON.stringify({ ...event, headers })]).emitted).toEqual(expected);
  });
});

describe("a delta of a call has the id of its item,", () => {
  const added = (outputIndex: number, item: object) =>
    JSON.stringify({ type: "response.output_item.added", output_index: outputIndex, item });
  const call = { type: "function_call", name: "f", arguments: "" };
  const piece = (place: object, type = "function_call_arguments") =>
    JSON.stringify({ type: `response.${type}.delta`, ...place, delta: "x" });
  const callIdsOf = (texts: readonly string[]) =>
    read("http", texts).emitted.flatMap((event) => ("delta" in event ? [(event as { callId?: string }).callId] : []));

  test.each<[string, string, string]>([
    ["by its index", added(3, { ...call, id: "fc_1", call_id: "c" }), piece({ output_index: 3, item_id: "other" })],
    ["by its item's id", added(3, { ...call, id: "fc_1", call_id: "c" }), piece({ item_id: "fc_1" })],
    [
      "of a custom tool",
      added(0, { type: "custom_tool_call", name: "t", input: "", call_id: "c" }),
      piece({ output_index: 0 }, "custom_tool_call_input"),
    ],
  ])("%s", (_what, item, text) => {
    expect(callIdsOf([text, text, item, text, text])).toEqual([undefined, undefined, "c", "c"]);
  });

  test("and its own if it has one", () => {
    const own = piece({ output_index: 3, call_id: "own" });
    expect(callIdsOf([added(3, { ...call, call_id: "c" }), own])).toEqual(["own"]);
  });
});

test.each<Carrier>(["http", "websocket"])(
  "a text that is not JSON counts as polled like any other, on %s",
  (carrier) => {
    const delta = JSON.stringify({ type: "response.output_text.delta", delta: "a" });
    expect(read(carrier, ["[DONE]", delta, "[]"]).polled).toEqual([undefined, "response.output_text.delta", undefined]);
  },
);

describe("metadata, if wire events are requested,", () => {
  test.each<[string, object, string[]]>([
    ["with only the turn's state is one", { "x-codex-turn-state": "t" }, ["wire"]],
    ["with an etag has an event type of its own", { "x-codex-turn-state": "t", "x-models-etag": "e" }, ["models_etag"]],
  ])("%s", (_what, told, types) => {
    const text = JSON.stringify({ type: "response.metadata", headers: told });
    expect(read("http", [text], true).emitted).toMatchObject(types.map((type) => ({ type })));
    expect(read("http", [text], true).emitted).toHaveLength(types.length);
  });
});
