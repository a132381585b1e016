import { describe, expect, test } from "vitest";
import { ResponseReader } from "../../../../src/api/responses/reader.ts";
import { silentLogger } from "../../../../src/client/observe/log.ts";
import type { StreamPoll } from "../../../../src/client/observe/telemetry.ts";

type Carrier = StreamPoll["carrier"];

/** What a reader makes of some texts. */
function read(carrier: Carrier, texts: readonly string[], wireEvents = false) {
  const emitted: object[] = [];
  const polled: (string | undefined)[] = [];
  const sink = {
    event: (event: object) => void emitted.push(event),
    deltas: (deltas: readonly object[]) => void emitted.push(...deltas),
    completed() {},
    failed: ({ kind }: { readonly kind: string }) => void emitted.push({ failed: kind }),
  };
  const telemetry = { onStreamPoll: ({ type }: StreamPoll) => void polled.push(type) };
  const reader = new ResponseReader(sink, carrier, { wireEvents, telemetry, logger: silentLogger });
  for (const text of texts) reader.read(text);
  return { emitted, polled };
}

const headers = { "openai-model": "gpt-b" };
const model = { type: "server_model", model: "gpt-b" };

describe("the model that really answers", () => {
  const limits = { type: "rate_limits", snapshot: { limitId: "codex" } };
  test.each<[Carrier, string, object, object[]]>([
    ["websocket", "an error frame", { type: "error", status: 500 }, [{ failed: "http" }]],
    ["websocket", "limits", { type: "codex.rate_limits" }, [limits]],
    ["websocket", "an error frame without a status", { type: "error" }, [{ failed: "stream" }]],
    ["websocket", "a failure", { type: "response.failed" }, [model, { failed: "stream" }]],
    ["websocket", "an event of any type", { type: "response.new" }, [model]],
    ["sse", "an error event", { type: "error", status: 500 }, [model, { failed: "http" }]],
    ["sse", "limits", { type: "codex.rate_limits" }, [model, limits]],
  ])("on %s, in the headers of %s", (carrier, _what, event, expected) => {
    expect(read(carrier, [JSON.stringify({ ...event, headers })]).emitted).toEqual(expected);
  });
});

test.each<Carrier>(["sse", "websocket"])("a text that is no JSON is polled as every other, on %s", (carrier) => {
  const delta = JSON.stringify({ type: "response.output_text.delta", delta: "a" });
  expect(read(carrier, ["[DONE]", delta, "[]"]).polled).toEqual([undefined, "response.output_text.delta", undefined]);
});

describe("metadata, where wire events are asked for", () => {
  test.each<[string, object, string[]]>([
    ["that holds the turn's state alone is one", { "x-codex-turn-state": "t" }, ["wire"]],
    ["that holds an etag is covered", { "x-codex-turn-state": "t", "x-models-etag": "e" }, ["models_etag"]],
  ])("%s", (_what, told, types) => {
    const text = JSON.stringify({ type: "response.metadata", headers: told });
    expect(read("sse", [text], true).emitted).toMatchObject(types.map((type) => ({ type })));
    expect(read("sse", [text], true).emitted).toHaveLength(types.length);
  });
});
