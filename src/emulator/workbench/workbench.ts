import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type CallerOptions, checkCaller } from "../callers.ts";
import { callback, check, type Kind, listOf, shape, text, toggle, whole } from "../checking/kinds.ts";
import { pairs } from "../headers.ts";
import { Journal, type JournalEntry } from "../journal/journal.ts";
import type { Condition } from "../scenario/scenario.ts";
import { type WaitOptions, waitForRequests } from "../scenario/waiting.ts";
import type { Exchange } from "./exchanges/exchange.ts";
import { Traffic } from "./exchanges/traffic.ts";
import type { Inspector } from "./inspector.ts";
import { frameOf, requestOf } from "./requests.ts";
import { WorkbenchSite } from "./site.ts";
import { Recorder, type RecorderOptions } from "./transcripts/recorder.ts";

export interface WorkbenchOptions extends CallerOptions {
  /** How many exchanges and requests are kept, the newest. @default 1 000 */
  readonly limit?: number | undefined;
  /** Writes requests and answers to files in this folder, without credentials. By default nothing is written. */
  readonly record?: (RecorderOptions & { readonly folder: string }) | undefined;
}

const OPTIONS = {
  limit: whole(0),
  record: shape({ folder: text }, { prompts: toggle, onError: callback }),
  host: text,
  allowedHosts: listOf(text),
} satisfies Record<keyof WorkbenchOptions, Kind>;

/**
 * The page, the journal and the recordings, for servers other than the emulator, which has its own. The server reports its traffic to it
 * ({@link Inspector}); the journal's entries therefore do not say who answered.
 *
 * @example
 * ```ts
 * const workbench = new Workbench();
 * createServer(async (message, response) => {
 *   if (workbench.handles(message)) return workbench.answer(message, response);
 *   const passing = workbench.begin(message);
 *   passing.answered(200, { "content-type": "text/plain" });
 *   passing.body(Buffer.from("hello"));
 *   response.writeHead(200, { "content-type": "text/plain" }).end("hello");
 *   passing.end("finished");
 * }).listen(8080); // and http://127.0.0.1:8080/ shows it
 * ```
 */
export class Workbench implements Inspector {
  readonly traffic: Pick<Traffic, "exchanges" | "get" | "listen">;
  readonly #traffic: Traffic;
  readonly #journal: Journal;
  readonly #site: WorkbenchSite;
  readonly #recorder: Recorder | undefined;
  readonly #connections = new WeakMap<Socket, number>();
  #connectionCount = 0;

  /** @throws The system's error if the folder of recordings cannot be created. */
  constructor(options: WorkbenchOptions = {}) {
    check(options, OPTIONS, "the workbench");
    const { limit, record, ...callers } = options;
    this.#traffic = new Traffic(limit);
    this.traffic = this.#traffic;
    const journal = new Journal(limit);
    this.#journal = journal;
    this.#traffic.listen({
      begun: (exchange) => journal.arrived(requestOf(exchange)),
      passed(exchange, entry) {
        if (entry.kind === "sent") journal.arrived(frameOf(requestOf(exchange), entry.data));
      },
    });
    this.#recorder = record && new Recorder(this.#traffic, record.folder, record);
    this.#site = new WorkbenchSite(this.#traffic, journal, (headers) => checkCaller({ headers }, callers));
  }

  /** The requests so far, the newest `limit` of them. */
  get journal(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  begin(message: IncomingMessage, body: Uint8Array = new Uint8Array()): Exchange {
    return this.#traffic.begin({
      carrier: message.headers.upgrade?.toLowerCase() === "websocket" ? "websocket" : "http",
      method: message.method ?? "GET",
      path: message.url ?? "/",
      headers: pairs(message.rawHeaders),
      body,
      connection: this.#numberOf(message.socket),
    });
  }

  handles(message: IncomingMessage): boolean {
    return this.#site.handles(message);
  }

  answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#site.answer(message, response);
  }

  /**
   * Resolves once matching requests have arrived (conditions as in a rule's `when`); at once if they came before.
   *
   * @throws An error after `timeoutMs` (default 5000), or when this is closed, that says which requests came instead and how they differ.
   */
  waitForRequests(when: Condition, options?: WaitOptions): Promise<readonly JournalEntry[]> {
    return waitForRequests(this.#journal, when, options);
  }

  /** Resolves when the recordings have been written. Pending waits are rejected. */
  async close(): Promise<void> {
    this.#journal.close();
    await this.#recorder?.close();
  }

  #numberOf(socket: Socket): number {
    const known = this.#connections.get(socket) ?? this.#connectionCount + 1;
    this.#connectionCount = Math.max(this.#connectionCount, known);
    this.#connections.set(socket, known);
    return known;
  }
}
