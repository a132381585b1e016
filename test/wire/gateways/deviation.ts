import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { ResponseStream } from "../../../src/api/responses/stream.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import type { StreamDeviation } from "../../../src/client/observe/telemetry.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";

const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
export const created = { type: "response.created", response: { id: "resp_1" } };
export const delta = (text: string, place: object = {}) => ({
  type: "response.output_text.delta",
  delta: text,
  ...place,
});
export const message = (text: string, id = "msg_1") => ({
  type: "message",
  id,
  role: "assistant",
  status: "completed",
  content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
});
export const call = {
  type: "function_call",
  id: "fc_1",
  call_id: "c1",
  name: "f",
  arguments: "{}",
  status: "completed",
};
export const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "e" };
export const done = (item: object, output_index?: number) => ({
  type: "response.output_item.done",
  item,
  ...(output_index === undefined ? {} : { output_index }),
});
export const part = (of: object, place: object = {}) => ({
  type: "response.content_part.done",
  output_index: 0,
  content_index: 0,
  ...place,
  part: of,
});
export const completed = (more: object = {}) => ({
  type: "response.completed",
  response: { id: "resp_1", status: "completed", output: [], usage, ...more },
});

interface Deviation {
  readonly name: string;
  readonly events: readonly (object | string)[];
  /** The result of `collect()`, or the fields of its error. */
  readonly collected?: object;
  readonly error?: object;
  /** The reports, each once. */
  readonly reported?: readonly StreamDeviation["what"][];
  /** Items, as the loop sees them. */
  readonly items?: readonly object[];
}

const textOf = (event: object | string): string => (typeof event === "string" ? event : JSON.stringify(event));

interface Opened {
  readonly stream: ResponseStream;
  readonly reported: readonly StreamDeviation[];
}

type Open = (events: readonly (object | string)[], incomplete?: "end") => Promise<Opened>;

function observed(url: string) {
  const reported: StreamDeviation[] = [];
  const telemetry = { onStreamDeviation: (deviation: StreamDeviation) => void reported.push(deviation) };
  return { options: { ...clientOptions(url), telemetry }, reported };
}

const carriers: readonly (readonly [string, Open])[] = [
  [
    "over HTTP",
    async (events) => {
      const raw = events.map((event) => `data: ${textOf(event)}\n\n`).join("");
      const emulator = await emulate({ script: [{ raw, headers: { "content-type": "text/event-stream" } }] });
      const { options, reported } = observed(emulator.url);
      return { stream: await new ResponsesClient(options).stream({ model: "m", input: "q" }), reported };
    },
  ],
  [
    "over a WebSocket",
    async (events) => {
      const emulator = await emulate({ script: [{ frames: events.map(textOf) }] });
      const { options, reported } = observed(emulator.url);
      const connection = await new ResponsesWebSocketClient(options).connect();
      return { stream: await connection.stream({ model: "m", input: "q" }), reported };
    },
  ],
];

/** Each on both carriers. */
export function expectCorrected(what: string, deviations: readonly Deviation[]): void {
  describe.each(carriers)(`${what}, %s:`, (_carrier, open) => {
    it.each(deviations)("$name", async ({ events, collected, error, reported = [], items }) => {
      const { stream, reported: seen } = await open(events);
      const answer = await stream.collect().catch((thrown: unknown) => thrown);
      if (error) expect(answer).toMatchObject(error);
      else
        expect({ responseId: undefined, tokenUsage: undefined, ...(answer as object) }).toMatchObject(collected ?? {});
      expect(seen.map(({ what }) => what).sort()).toEqual([...reported].sort());
      if (!items) return;
      const { events: read } = await readEvents((await open(events)).stream);
      const finished = read.flatMap((event): ResponseItem[] => (event.type === "output_item.done" ? [event.item] : []));
      expect(finished).toEqual(items);
    });
  });
}
