import type { IncomingMessage } from "node:http";
import type { Passing } from "../../emulator/workbench/inspector.ts";
import type { GatewayLogEntry, GatewaySettings } from "./options.ts";

/** The data about one request, for the log and for the page that shows it. */
export class RequestRecord {
  model: string | undefined;
  carrier: GatewayLogEntry["carrier"];
  token: GatewayLogEntry["token"];
  tokenUsage: GatewayLogEntry["tokenUsage"];
  readonly #message: IncomingMessage;
  readonly #settings: GatewaySettings;
  readonly #startedAt = performance.now();
  #passing: Passing | undefined;
  #status = 0;
  #bytes = 0;
  #firstAt: number | undefined;
  #error: string | undefined;
  #isOver = false;

  constructor(message: IncomingMessage, settings: GatewaySettings) {
    this.#message = message;
    this.#settings = settings;
  }

  /** @param body - The decoded body. */
  received(body?: Uint8Array): void {
    this.#passing = this.#settings.inspector?.begin(this.#message, body);
  }

  answered(status: number, headers: Readonly<Record<string, string>>): void {
    this.#status = status;
    this.#passing?.answered(status, headers);
  }

  /** Notes a piece of the answer's body: bytes, or as many characters. */
  sent(piece: string | Uint8Array): void {
    this.#firstAt ??= performance.now();
    this.#bytes += piece.length;
    this.#passing?.body(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece);
  }

  /** A message on a WebSocket. */
  message(kind: "sent" | "received", data: Uint8Array, isBinary: boolean): void {
    if (kind === "received") {
      this.#firstAt ??= performance.now();
      this.#bytes += data.length;
    }
    this.#passing?.pass({ kind, data: isBinary ? data : Buffer.from(data).toString() });
  }

  failed(error: string): void {
    this.#error = error;
  }

  ended(end: GatewayLogEntry["end"], close: { readonly code?: number } = {}): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#passing?.end(end, close);
    const { onRequest } = this.#settings;
    if (!onRequest) return;
    const { method = "", url = "/" } = this.#message;
    const since = (at: number): number => Math.round((at - this.#startedAt) * 10) / 10;
    try {
      onRequest({
        method,
        path: url.split("?", 1)[0] ?? "/",
        status: this.#status,
        model: this.model,
        carrier: this.carrier,
        token: this.token,
        tokenUsage: this.tokenUsage,
        durationMs: since(performance.now()),
        firstEventMs: this.#firstAt === undefined ? undefined : since(this.#firstAt),
        bytes: this.#bytes,
        end,
        error: this.#error,
      });
    } catch {
      // A log that cannot be written must not stop the gateway.
    }
  }
}
