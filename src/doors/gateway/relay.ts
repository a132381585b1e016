import type { WebSocket } from "ws";
import type { OpenWebSocket } from "../../client/index.ts";
import type { Parts } from "./parts.ts";
import type { RequestRecord } from "./record.ts";

/** Bytes queued on one side, above which the other side is not read. */
const HIGH_WATER_BYTES = 1024 * 1024;

const GOING_AWAY = 1001;
const NO_STATUS = 1005;
const ABNORMAL = 1006;
const TRY_AGAIN_LATER = 1013;
/** Longest reason in a close frame (RFC 6455 §5.5). */
const MOST_REASON_BYTES = 123;

const CREATES = "response.create";
const ENDS: ReadonlySet<string> = new Set(["response.completed", "response.failed", "response.incomplete", "error"]);
/** In nearly every message the type comes first. */
const TYPE_FIRST = /^\s*\{\s*"type"\s*:\s*"([\w.]+)"/;
const BEGINNING_BYTES = 128;

export interface RelayOptions {
  readonly parts: Parts;
  readonly record: RequestRecord;
  /** Called once, when the client's connection has closed. */
  readonly onEnd: () => void;
}

/**
 * One client's WebSocket and the one to the service: messages are passed on unchanged, except for the gateway's credentials if the service
 * repeats them.
 */
export class Relay {
  readonly #client: WebSocket;
  readonly #upstream: OpenWebSocket;
  readonly #parts: Parts;
  readonly #ping: NodeJS.Timeout | undefined;
  #hasHeardClient = true;
  #underWay = 0;
  #isDraining = false;

  constructor(client: WebSocket, upstream: OpenWebSocket, { parts, record, onEnd }: RelayOptions) {
    this.#client = client;
    this.#upstream = upstream;
    this.#parts = parts;
    const { pingIntervalMs } = parts.settings;
    if (pingIntervalMs > 0) this.#ping = setInterval(this.#pingBoth, pingIntervalMs).unref();
    client.on("message", (data: Buffer, isBinary) => {
      this.#hasHeardClient = true;
      if (typeOf(data) === CREATES) this.#underWay += 1;
      record.message("sent", data, isBinary);
      if (parts.memory.take(data.length))
        pass(data, isBinary, client, upstream, () => parts.memory.giveBack(data.length));
      else client.close(TRY_AGAIN_LATER, "the gateway uses all of its memory limit (maxHeldBytes)");
    });
    client.on("pong", () => {
      this.#hasHeardClient = true;
    });
    upstream.on("message", (message: Buffer, isBinary: boolean) => {
      const data = isBinary ? message : this.#blanked(message);
      record.message("received", data, isBinary);
      pass(data, isBinary, upstream, client);
      if (this.#underWay === 0 || !ENDS.has(typeOf(message))) return;
      this.#underWay -= 1;
      if (this.#isDraining) this.drain();
    });
    for (const side of [client, upstream]) side.on("error", () => {}); // `close` follows
    upstream.on("close", (code: number, reason: Buffer) => {
      closeWith(client, code, parts.own.blank(reason.toString()));
      record.ended(code === ABNORMAL ? "cut" : "finished", { code });
    });
    client.on("close", (code, reason) => {
      clearInterval(this.#ping);
      closeWith(upstream, code, reason.toString());
      record.ended(code === ABNORMAL || this.#underWay > 0 ? "left" : "finished", { code });
      onEnd();
    });
  }

  /** Closes it as soon as no response is running on it. */
  drain(): void {
    this.#isDraining = true;
    if (this.#underWay === 0) this.#client.close(GOING_AWAY, "the gateway is shutting down");
  }

  terminate(): void {
    this.#client.terminate();
    this.#upstream.terminate();
  }

  /**
   * Keeps both connections open through proxies that close idle ones, and closes that of a client which was silent since the last ping.
   * This does not apply to a client that is not read at the moment, or that still has to receive data; TCP ends such a connection.
   */
  readonly #pingBoth = (): void => {
    this.#upstream.ping();
    const client = this.#client;
    if (client.isPaused || client.bufferedAmount > 0) return;
    if (this.#hasHeardClient) {
      this.#hasHeardClient = false;
      client.ping();
    } else client.terminate();
  };

  #blanked(message: Buffer): Buffer {
    const text = message.toString();
    const blanked = this.#parts.own.blank(text);
    return blanked === text ? message : Buffer.from(blanked);
  }
}

/** The type of the event in a message; empty if it has none. */
function typeOf(data: Buffer): string {
  const first = TYPE_FIRST.exec(data.toString("latin1", 0, BEGINNING_BYTES))?.[1];
  if (first !== undefined) return first;
  try {
    const { type } = JSON.parse(data.toString()) as { readonly type?: unknown };
    return typeof type === "string" ? type : "";
  } catch {
    return "";
  }
}

type Side = Pick<OpenWebSocket, "send" | "bufferedAmount" | "pause" | "resume" | "readyState">;

const OPEN = 1;

/**
 * A slow side slows the other one down.
 *
 * @param onSent - Called once, when it has been sent, or can no longer be sent.
 */
function pass(data: Buffer, binary: boolean, from: Side, to: Side, onSent?: () => void): void {
  if (to.readyState !== OPEN) {
    onSent?.();
    return;
  }
  to.send(data, { binary }, () => {
    onSent?.();
    if (to.bufferedAmount < HIGH_WATER_BYTES) from.resume();
  });
  if (to.bufferedAmount >= HIGH_WATER_BYTES) from.pause();
}

/** With the same code, if a close frame may contain it. */
function closeWith(side: Pick<OpenWebSocket, "close" | "terminate">, code: number, reason: string): void {
  if (code === ABNORMAL) side.terminate();
  else if (code === NO_STATUS) side.close();
  else side.close(code, Buffer.byteLength(reason) <= MOST_REASON_BYTES ? reason : "");
}
