import { onTestFinished } from "vitest";
import type { ProviderConfig } from "../../../src/api/provider.ts";
import type { ResponseEvent } from "../../../src/api/responses/events/types.ts";
import type { Steer } from "../../../src/api/responses/source.ts";
import type { ResponseStream } from "../../../src/api/responses/stream.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import type { SessionOptions } from "../../../src/api/session/options.ts";
import { ResponsesSession } from "../../../src/api/session/session.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import type { RetryNotice } from "../../../src/client/observe/telemetry.ts";
import type { Emulator, RecordedRequest, Script, Step } from "../../../src/emulator/index.ts";
import { clientOptions, emulate, readEvents } from "../../support/clients.ts";

export interface OpenSession {
  readonly session: ResponsesSession;
  /** The announcements. */
  readonly notices: RetryNotice[];
}

/** A session for one test: no key, no proxy, quick retries. */
export function openSession(
  baseUrl: string,
  options: Partial<ServiceOptions> & SessionOptions = {},
  provider: Partial<ProviderConfig> = {},
): OpenSession {
  const client = clientOptions(baseUrl, provider);
  const notices: RetryNotice[] = [];
  const telemetry = { onRetry: (notice: RetryNotice) => void notices.push(notice) };
  const session = new ResponsesSession({ ...client, telemetry, ...options });
  onTestFinished(() => session.close());
  return { session, notices };
}

export function user(text: string): ResponseItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

/** A request whose answer is `text`. */
export function asking(text: string, history: readonly ResponseItem[] = []) {
  return { model: "m", input: [...history, user(`repeat: ${text}`)] };
}

export async function answerTo(session: ResponsesSession, ...call: Parameters<ResponsesSession["stream"]>) {
  return (await session.stream(...call)).collect();
}

/** Everything a call yields, and what ended it; a refusal before the stream counts too. */
export async function run(session: ResponsesSession, ...call: Parameters<ResponsesSession["stream"]>) {
  try {
    return await readEvents(await session.stream(...call));
  } catch (error) {
    return { events: [] as ResponseEvent[], error };
  }
}

export function kindsOf(emulator: Emulator): string[] {
  return emulator.requests.map(({ kind }) => kind);
}

/** The bodies that arrived: frames and HTTP requests, no handshakes. */
export function bodiesAt(emulator: Emulator) {
  return emulator.requests
    .filter(({ kind }) => kind !== "handshake")
    .map(({ json }) => json as Readonly<Record<string, unknown>> & { readonly input: readonly ResponseItem[] });
}

export function handshakesAt(emulator: Emulator): RecordedRequest[] {
  return emulator.requests.filter(({ kind }) => kind === "handshake");
}

/** Events of a made-up answer. */
export const wire = {
  created: { type: "response.created", response: { id: "resp_made_up" } },
  delta: (delta: string) => ({ type: "response.output_text.delta", delta }),
  added: (item: object) => ({ type: "response.output_item.added", item }),
  done: (item: object) => ({ type: "response.output_item.done", item }),
  message: (text: string, id = "msg_1") => ({
    type: "message",
    id,
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text, annotations: [] }],
  }),
  /** A word in between, with which no answer ends. */
  remark: (text: string, id = "msg_1") => ({ ...wire.message(text, id), phase: "commentary" }),
  call: (id = "fc_1") => ({ type: "function_call", id, name: "look", arguments: "{}", call_id: `call_${id}` }),
  completed: (id = "resp_made_up") => ({ type: "response.completed", response: { id } }),
  failed: (error: object) => ({ type: "response.failed", response: { id: "resp_made_up", error } }),
} as const;

export const carriers = ["websocket", "http"] as const;

/** A step whose stream never ends. */
export const endless = { events: [wire.created, wire.delta("a")], stallAfterEvents: 2 };

/** The next request of an ordinary conversation. */
export async function goOn(
  session: Parameters<typeof answerTo>[0],
  history: ReturnType<typeof asking>["input"],
  text: string,
) {
  history.push(...asking(text).input);
  const answer = await answerTo(session, { model: "m", input: history });
  history.push(...answer.items);
  return answer;
}

/** A session, and the emulator with this script that it talks to. */
export async function openScripted(
  script: Script,
  options: Parameters<typeof openSession>[1] = {},
  provider: Partial<ProviderConfig> = {},
) {
  const emulator = await emulate({ script, rateLimits: false });
  return { emulator, ...openSession(emulator.url, options, provider) };
}

/** A step whose stream breaks after a word. */
export const broken = { events: [wire.created, wire.delta("lost")], terminateAfterEvents: 2 };

/** A step whose response fails. */
export const failedWith = (error: object): Step => ({ events: [wire.created, wire.failed(error)] });

/** A request whose answer takes long. */
export const COUNT = { model: "m", input: [user("count to 500")] };

/** Reads everything, and steers inside the loop at the first piece of text. */
export async function steered(stream: ResponseStream, input: Parameters<ResponseStream["steer"]>[0]) {
  const events: ResponseEvent[] = [];
  let steer: Steer | undefined;
  for await (const event of stream) {
    events.push(event);
    if (event.type === "output_text.delta") steer ??= await stream.steer(input);
  }
  return { events, steer };
}
