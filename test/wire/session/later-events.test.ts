import { expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesWebsocketClient } from "../../../src/api/responses/websocket-client.ts";
import { ResponsesSession } from "../../../src/api/session/session.ts";
import { clientOptions, emulate } from "../../support/clients.ts";

const FASTER = "x-codex-safety-buffering-faster-model";
const request = { model: "m", input: "hi" };
const events = [
  { type: "response.custom_tool_call_input.delta", item_id: "i", delta: "x" },
  { type: "response.in_progress", safety_buffering: { use_cases: [], reasons: ["policy"] } },
  { type: "response.completed", response: { id: "r", end_turn: true } },
];

type Options = Parameters<ResponsesClient["stream"]>[1];
type Carrier = readonly [name: string, stream: (url: string, options: Options) => Promise<AsyncIterable<object>>];

const carriers: readonly Carrier[] = [
  ["HTTP", (url, options) => new ResponsesClient(clientOptions(url)).stream(request, options)],
  [
    "a WebSocket",
    async (url, options) => {
      const connection = await new ResponsesWebsocketClient(clientOptions(url)).connect();
      return connection.stream(request, { laterEvents: options?.laterEvents });
    },
  ],
  [
    "a session",
    (url, options) =>
      new ResponsesSession({ ...clientOptions(url), carrier: "websocket" }).stream(request, {
        laterEvents: options?.laterEvents,
      }),
  ],
];

it.each(carriers)("later events come over %s where they are asked for, and only there", async (_name, stream) => {
  const headers = { [FASTER]: "quick" };
  const emulator = await emulate({
    rateLimits: false,
    script: ({ kind }) => (kind === "handshake" ? { accept: { headers } } : { events, headers }),
  });
  const known = async (laterEvents: boolean) => {
    const seen: object[] = [];
    for await (const event of await stream(emulator.url, { laterEvents })) seen.push(event);
    const told = new Set(["server_model", "models_etag", "rate_limits", "server_reasoning_included"]);
    return seen.filter((event) => !told.has((event as { type: string }).type));
  };
  expect(await known(false)).toEqual([{ type: "completed", responseId: "r" }]);
  expect(await known(true)).toEqual([
    { type: "tool_call_input.delta", itemId: "i", delta: "x" },
    { type: "safety_buffering", useCases: [], reasons: ["policy"], showBufferingUi: true, fasterModel: "quick" },
    { type: "completed", responseId: "r", endTurn: true },
  ]);
});
