import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import type { Journal } from "../journal/journal.ts";
import { checkWait, waitForRequests } from "../scenario/waiting.ts";
import { CredentialFilter } from "./credentials.ts";
import type { Traffic } from "./exchanges/traffic.ts";
import { TrafficFeed } from "./feed.ts";
import { encodeEntry, encodeHead } from "./transcripts/transcript.ts";

const PAGE = /^\/workbench\/([a-z]+\.(?:css|js))$/;
const TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
]);
/** Nothing is loaded from elsewhere, and nothing in the traffic can be executed. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const EXCHANGE = /^\/workbench\/exchanges\/(\d+)$/;
const LONGEST_WAIT_MS = 300_000;

/** The page at `/`, its data, and the journal, over HTTP. Requests to it are not recorded. */
export class WorkbenchSite {
  readonly #traffic: Traffic;
  readonly #journal: Journal;
  readonly #check: (headers: IncomingHttpHeaders) => void;

  /** @param check - Throws an object with `status` and `message` if the caller has no access. */
  constructor(traffic: Traffic, journal: Journal, check: (headers: IncomingHttpHeaders) => void) {
    this.#traffic = traffic;
    this.#journal = journal;
    this.#check = check;
  }

  handles({ url = "/" }: IncomingMessage): boolean {
    return url === "/" || url.startsWith("/?") || url.startsWith("/workbench/");
  }

  /** Never rejects. */
  async answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    message.resume();
    try {
      this.#check(message.headers);
      await this.#answer(new URL(message.url ?? "/", "http://workbench"), message.method ?? "GET", response);
    } catch (error) {
      const status = error instanceof Error && "status" in error ? Number(error.status) : 500;
      sendJson(response, status, { error: { message: error instanceof Error ? error.message : String(error) } });
    }
  }

  async #answer({ pathname, searchParams }: URL, method: string, response: ServerResponse): Promise<void> {
    const isJournal = pathname === "/workbench/journal";
    if (isJournal && method === "DELETE") {
      this.#journal.clear();
      response.writeHead(204).end();
      return;
    }
    if (method !== "GET" && method !== "HEAD")
      return sendJson(response, 405, { error: { message: `${method} is not answered here` } });
    if (isJournal) return this.#sendJournal(searchParams, response);
    if (pathname === "/workbench/traffic") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      void new TrafficFeed(this.#traffic, response);
      return;
    }
    const [, id] = EXCHANGE.exec(pathname) ?? [];
    const exchange = id === undefined ? undefined : this.#traffic.get(Number(id));
    if (exchange) {
      const filter = new CredentialFilter(exchange.head);
      const entries = exchange.entries.map((entry) => encodeEntry(filter.entry(entry)));
      response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
      response.end(encodeHead(filter.head(exchange.head)) + entries.join(""));
      return;
    }
    const file = pathname === "/" ? "page.html" : PAGE.exec(pathname)?.[1];
    const body = file && (await readFile(new URL(`./page/${file}`, import.meta.url)).catch(() => undefined));
    if (!body) return sendJson(response, 404, { error: { message: `nothing is at ${pathname}` } });
    response.writeHead(200, {
      "content-type": TYPES.get(extname(file)),
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "cache-control": "no-cache",
    });
    response.end(body);
  }

  /** `when` is a condition as JSON; with `count` it waits, `timeoutMs` long. */
  async #sendJournal(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const when = query.get("when");
    if (when === null) return sendJson(response, 200, { entries: this.#journal.entries.map(shown) });
    const timeoutMs = Math.min(Number(query.get("timeoutMs") ?? 0), LONGEST_WAIT_MS);
    const wait = { count: Number(query.get("count") ?? 1), timeoutMs };
    let isClear = false;
    try {
      const condition = JSON.parse(when);
      checkWait(condition, wait);
      isClear = true;
      const entries = await waitForRequests(this.#journal, condition, wait);
      sendJson(response, 200, { entries: entries.map(shown) });
    } catch (error) {
      sendJson(response, isClear ? 408 : 400, { error: { message: String(error) } });
    }
  }
}

function shown({ request, ...entry }: Journal["entries"][number]): object {
  const { rawHeaders, body, json, ...asked } = request;
  const filter = new CredentialFilter({ headers: rawHeaders, path: asked.path });
  const text = filter.text(Buffer.from(body).toString("utf8"));
  const headers = Object.fromEntries(filter.headers(rawHeaders));
  return { ...entry, request: { ...asked, path: filter.path(asked.path), headers, body: text } };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
