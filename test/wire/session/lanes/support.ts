import type { CollectedResponse } from "../../../../src/api/responses/received/received.ts";
import type { ResponsesSession } from "../../../../src/api/session/session.ts";
import type { ResponseItem } from "../../../../src/api/wire/items.ts";
import type { Emulator } from "../../../../src/emulator/index.ts";
import { type Frame, type PlainServer, serveWebSocket, type Tell } from "../../websocket/plain-server.ts";
import { bodiesAt, user, wire } from "../support.ts";

export const SLOW = { delayMsPerWord: 5 };

export type Speaker = Pick<ResponsesSession, "stream">;

/** A request with a word. */
export function ask(word: string, history: readonly ResponseItem[] = []) {
  return { model: "m", input: [...history, user(word)] };
}

/** The next turn of a conversation. */
export async function say(speaker: Speaker, history: ResponseItem[], text: string): Promise<CollectedResponse> {
  history.push(user(text));
  const answer = await (await speaker.stream({ model: "m", input: history })).collect();
  history.push(...answer.items);
  return answer;
}

/** The next turn, with a server that repeats the request's word. */
export async function echo(speaker: Speaker, history: ResponseItem[], text: string): Promise<string> {
  return (await say(speaker, history, `repeat: ${text}`)).text;
}

/** The names of the lanes that requests came on. */
export function namesAt(emulator: Emulator) {
  return bodiesAt(emulator).map((body) => body.stream_id);
}

/**
 * A server with lanes.
 *
 * @param respond - Called with each frame. `own` sends an event on the lane of the frame, `tell` one as it is.
 */
export async function serveLanes(
  respond: (frame: Frame, own: Tell, server: PlainServer, tell: Tell) => void,
  headers?: Readonly<Record<string, string>>,
): Promise<PlainServer> {
  const server: PlainServer = await serveWebSocket((frame, tell) => {
    const { stream_id } = frame;
    respond(frame, (event) => tell(stream_id === undefined ? event : { ...event, stream_id }), server, tell);
  }, headers);
  return server;
}

/** The last word of a request. */
export function wordOf({ input }: Frame): string {
  return JSON.stringify((input as ResponseItem[]).at(-1)).match(/"text":"([^"]*)"/)?.[1] ?? "";
}

/** A whole answer of one message. */
export function whole(own: Tell, id: string, text: string): void {
  own({ type: "response.created", response: { id } });
  own(wire.delta(text));
  own(wire.done(wire.message(text, `msg_${id}`)));
  own(wire.completed(id));
}
