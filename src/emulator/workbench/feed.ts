import type { ServerResponse } from "node:http";
import { CredentialFilter } from "./credentials.ts";
import type { Exchange } from "./exchanges/exchange.ts";
import type { Entry } from "./exchanges/passed.ts";
import type { Traffic, TrafficListener } from "./exchanges/traffic.ts";
import { textIn } from "./transcripts/transcript.ts";

const EVERY_MS = 50;
const MOST_WAITING = 64 * 1024 * 1024;

/**
 * The traffic as server-sent events for the page: first the kept entries, then new ones. Each event is a list, so ten thousand entries are
 * a few dozen events. A page that reads too slowly is disconnected; it reconnects and starts again.
 */
export class TrafficFeed implements TrafficListener {
  readonly #response: ServerResponse;
  readonly #filters = new Map<number, CredentialFilter>();
  #waiting: object[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(traffic: Traffic, response: ServerResponse) {
    this.#response = response;
    this.#push({ reset: true });
    for (const exchange of traffic.exchanges) {
      this.begun(exchange);
      for (const entry of exchange.entries) this.passed(exchange, entry);
    }
    this.#flush();
    const stop = traffic.listen(this);
    response.once("close", () => {
      stop();
      clearTimeout(this.#timer);
    });
  }

  begun({ id, begunAt, head }: Exchange): void {
    const filter = new CredentialFilter(head);
    this.#filters.set(id, filter);
    const { body, ...clean } = filter.head(head);
    this.#push({ id, begunAt, head: { ...clean, body: plain(body) } });
  }

  passed({ id }: Exchange, entry: Entry): void {
    const clean = this.#filters.get(id)?.entry(entry);
    if (!clean) return; // began before this page connected, and is no longer kept
    this.#push({ id, entry: "data" in clean ? { ...clean, data: plain(clean.data) } : clean });
    if (entry.kind === "end") this.#filters.delete(id);
  }

  #push(message: object): void {
    this.#waiting.push(message);
    this.#timer ??= setTimeout(() => this.#flush(), EVERY_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#response.write(`data: ${JSON.stringify(this.#waiting)}\n\n`);
    this.#waiting = [];
    if (this.#response.writableLength > MOST_WAITING) this.#response.destroy();
  }
}

function plain(data: string | Uint8Array): string {
  const text = typeof data === "string" ? data : textIn(data);
  return typeof text === "string" ? text : `(${data.length} bytes) ${Buffer.from(text).toString("base64")}`;
}
