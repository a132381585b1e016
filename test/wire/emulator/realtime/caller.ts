import { once } from "node:events";
import { onTestFinished } from "vitest";
import WebSocket from "ws";
import type { EmulatorOptions } from "../../../../src/emulator/index.ts";
import { emulate } from "../../../support/clients.ts";

export interface WireEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A realtime client on a bare WebSocket. */
export class Caller {
  readonly websocket: WebSocket;
  readonly #events: WireEvent[] = [];

  private constructor(websocket: WebSocket) {
    this.websocket = websocket;
    websocket.on("message", (data) => {
      this.#events.push(JSON.parse(String(data)) as WireEvent);
      websocket.emit("event");
    });
  }

  static async open(query = "", options: EmulatorOptions = {}): Promise<Caller> {
    const { url } = await emulate(options);
    const websocket = new WebSocket(`${url.replace("http", "ws")}/realtime${query}`);
    onTestFinished(() => websocket.terminate());
    const caller = new Caller(websocket);
    await once(websocket, "open");
    return caller;
  }

  say(...messages: readonly object[]): void {
    for (const message of messages) this.websocket.send(JSON.stringify(message));
  }

  async next(): Promise<WireEvent> {
    while (this.#events.length === 0) await once(this.websocket, "event");
    return this.#events.shift() as WireEvent;
  }

  async until(type: string): Promise<WireEvent[]> {
    const seen: WireEvent[] = [];
    do seen.push(await this.next());
    while (seen.at(-1)?.type !== type);
    return seen;
  }
}

export const typesOf = (events: readonly WireEvent[]) => events.map(({ type }) => type);
const append = (audio: Buffer) => ({ type: "input_audio_buffer.append", audio: audio.toString("base64") });
const CHUNK = 24 * 2 * 100; // 100 ms
export const loud = append(Buffer.alloc(CHUNK, 0x20));
export const quiet = append(Buffer.alloc(CHUNK));
export const silence = Array.from({ length: 5 }, () => quiet);
export const create = { type: "response.create" };

export function text(words: string) {
  const item = { type: "message", role: "user", content: [{ type: "input_text", text: words }] };
  return { type: "conversation.item.create", item };
}

export function update(session: object) {
  return { type: "session.update", session };
}

export const transcribes = update({ audio: { input: { transcription: { model: "m" } } } });
