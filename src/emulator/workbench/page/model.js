import { parse, Row } from "./row.js";

/** @import { End, Entry, Exchange, Fields, Head } from "./row.js" */

const TERMINAL = /^(?:error|response\.(?:completed|incomplete|failed|done))$/;
const FAILED = /^(?:error|response\.failed)$/;

/** @typedef {{ reset: true } | { id: number, begunAt: number, head: Head } | { id: number, entry: Entry }} Message A message of the server. */

/** The traffic as rows. */
export class Model {
  /** @type {Map<number, Exchange>} */
  exchanges = new Map();
  /** @type {Row[]} */
  rows = [];
  /** Since the list was cleared. @type {Set<Row>} */
  changed = new Set();

  /** @param {readonly Message[]} messages */
  take(messages) {
    for (const message of messages) {
      if ("reset" in message) this.#clear();
      else if ("head" in message) this.#begin(message.id, message.begunAt, message.head);
      else this.#pass(message.id, message.entry);
    }
  }

  #clear() {
    this.exchanges.clear();
    this.rows = [];
    this.changed.clear();
  }

  /** @param {number} id @param {number} begunAt @param {Head} head */
  #begin(id, begunAt, head) {
    /** @type {Exchange} */
    const exchange = { id, begunAt, head, answer: undefined, rows: [], body: "" };
    this.exchanges.set(id, exchange);
    this.#row(exchange, 0, head.carrier === "http" ? (parse(head.body) ?? {}) : undefined, head.body);
  }

  /** @param {Exchange} exchange @param {number} at @param {Fields | undefined} request @param {string} text */
  #row(exchange, at, request, text) {
    const row = new Row(`${exchange.id}.${exchange.rows.length}`, exchange, at, request, text);
    exchange.rows.push(row);
    this.rows.push(row);
    this.changed.add(row);
    return row;
  }

  /** @param {number} id @param {Entry} entry */
  #pass(id, entry) {
    const exchange = this.exchanges.get(id);
    const first = exchange?.rows[0];
    if (!exchange || !first) return;
    switch (entry.kind) {
      case "answer":
        exchange.answer = entry;
        first.status = entry.status;
        first.isBad ||= entry.status >= 400;
        this.changed.add(first);
        break;
      case "event":
        this.#event(first, entry.atMs, entry.data, entry.type);
        break;
      case "body":
        exchange.body += entry.data;
        this.#event(first, entry.atMs, entry.data);
        break;
      case "sent": {
        const request = parse(entry.data);
        const row = this.#row(exchange, entry.atMs, request ?? {}, entry.data);
        row.add({ at: entry.atMs, type: String(request?.type ?? "message"), data: entry.data, isSent: true });
        // A message without a response is over when it is sent.
        if (request?.type !== "response.create") row.isOver = true;
        break;
      }
      case "received":
        this.#received(exchange, first, entry);
        break;
      case "end":
        this.#end(exchange, entry);
        break;
    }
  }

  /**
   * Adds an event to the oldest unfinished request of its lane.
   *
   * @param {Exchange} exchange @param {Row} first @param {{ atMs: number, data: string }} entry
   */
  #received(exchange, first, { atMs, data }) {
    const lane = parseQuickly(data, "stream_id");
    const open = exchange.rows.find((row) => row.kind === "turn" && !row.isOver && row.lane === lane);
    this.#event(open ?? first, atMs, data);
  }

  /** @param {Row} row @param {number} at @param {string} data @param {string} [named] */
  #event(row, at, data, named) {
    const type = named ?? parseQuickly(data, "type") ?? (data.startsWith(":") ? "comment" : "body");
    const isBad = FAILED.test(type);
    row.add({ at, type, data, isBad });
    if (type === "response.output_text.delta") row.text += parse(data)?.delta ?? "";
    if (TERMINAL.test(type)) {
      const event = /** @type {{ response?: { usage?: Fields }, status?: number }} */ (parse(data) ?? {});
      row.usage = event.response?.usage;
      if (row.kind === "turn") {
        row.isOver = true;
        row.status ??= type === "error" ? (event.status ?? "error") : type.replace("response.", "");
      }
    }
    this.changed.add(row);
  }

  /** @param {Exchange} exchange @param {End} entry */
  #end(exchange, entry) {
    const isBroken = entry.how === "cut" || entry.how === "reset";
    for (const row of exchange.rows) {
      if (row.isOver && row.kind !== "connection") continue;
      row.isOver = true;
      const cutShort = row.kind !== "connection" && entry.how === "left";
      const label = [entry.how, entry.code, entry.reason].filter((part) => part !== undefined && part !== "").join(" ");
      row.add({ at: entry.atMs, type: "end", data: label, isBad: isBroken || cutShort });
      if (isBroken || cutShort) row.status = entry.how;
      this.changed.add(row);
    }
  }
}

/**
 * A top-level text of an event's JSON; long JSON is not parsed completely.
 *
 * @param {string} data @param {string} name
 * @returns {string | undefined}
 */
function parseQuickly(data, name) {
  if (data.length < 4096) return textOf(parse(data)?.[name]);
  const head = new RegExp(`^\\{"${name}":"([^"]*)"`).exec(data)?.[1];
  const tail = new RegExp(`,"${name}":"([^"]*)"\\}$`).exec(data.slice(-300))?.[1];
  return head ?? tail ?? (name === "type" ? textOf(parse(data)?.[name]) : undefined);
}

function textOf(/** @type {unknown} */ value) {
  return typeof value === "string" ? value : undefined;
}
