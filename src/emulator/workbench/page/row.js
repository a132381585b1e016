// One line of the list: an HTTP request with its answer, a message of a client's on a WebSocket with the events up to the end of its response, or
// a WebSocket itself, for its handshake and for what belongs to no request.

/**
 * @typedef {Record<string, unknown>} Fields
 * @typedef {{ carrier: "http" | "websocket", method: string, path: string, headers: [name: string, value: string][], body: string, connection: number }} Head
 * @typedef {{ kind: "answer", atMs: number, status: number, headers: [name: string, value: string][] }} Answer
 * @typedef {{ kind: "end", atMs: number, how: "finished" | "cut" | "reset" | "left", code?: number, reason?: string }} End
 * @typedef {Answer | End | { kind: "event", atMs: number, type: string, data: string } | { kind: "body" | "sent" | "received", atMs: number, data: string }} Entry
 * @typedef {{ id: number, begunAt: number, head: Head, answer: Answer | undefined, rows: Row[], body: string }} Exchange
 * @typedef {{ at: number, type: string, data: string, isBad?: boolean, isSent?: boolean }} Told
 * @typedef {Told & { gap: number }} Event `at` on the exchange's clock, `gap` since the one before; in milliseconds.
 */

export class Row {
  /**
   * @param {string} id
   * @param {Exchange} exchange
   * @param {number} at - milliseconds on the exchange's clock.
   * @param {Fields | undefined} request - undefined for a WebSocket itself.
   * @param {string} sentText - the request as it was sent.
   */
  constructor(id, exchange, at, request, sentText) {
    this.id = id;
    this.exchange = exchange;
    this.at = at;
    this.request = request;
    this.sentText = sentText;
    this.haystack = `${exchange.head.method} ${exchange.head.path} ${sentText}`.toLowerCase();
    const lane = request?.stream_id;
    this.lane = lane === undefined ? undefined : String(lane);
    /** @type {Event[]} */
    this.events = [];
    /** @type {string | number | undefined} */
    this.status = undefined;
    this.isOver = false;
    this.isBad = false;
    this.text = "";
    this.deltas = 0;
    /** @type {number | undefined} */
    this.firstDeltaAt = undefined;
    /** @type {number | undefined} */
    this.lastDeltaAt = undefined;
    /** @type {Fields | undefined} */
    this.usage = undefined;
  }

  /** @returns {"http" | "connection" | "turn"} */
  get kind() {
    return this.exchange.head.carrier === "http" ? "http" : this.request === undefined ? "connection" : "turn";
  }

  /** The request continues an earlier response, and contains only the new items. */
  get isIncrement() {
    return typeof this.request?.previous_response_id === "string";
  }

  get inputItems() {
    const { input } = this.request ?? {};
    return Array.isArray(input) ? input.length : input === undefined ? 0 : 1;
  }

  get tokensPerSecond() {
    const ms = (this.lastDeltaAt ?? 0) - (this.firstDeltaAt ?? 0);
    return this.deltas > 2 && ms > 0 ? ((this.deltas - 1) / ms) * 1000 : undefined;
  }

  /** Time of its last event. */
  get endAt() {
    return this.events.at(-1)?.at ?? this.at;
  }

  /** @param {string} query - in lower case. */
  matches(query) {
    return (
      query === "" ||
      this.haystack.includes(query) ||
      this.events.some(({ data }) => data.toLowerCase().includes(query))
    );
  }

  /** @param {Told} told */
  add(told) {
    const event = { ...told, gap: told.at - this.endAt };
    this.events.push(event);
    if (event.isBad) this.isBad = true;
    if (!event.type.endsWith(".delta")) return;
    this.deltas += 1;
    this.firstDeltaAt ??= event.at;
    this.lastDeltaAt = event.at;
  }

  /** A summary of the request in one line. */
  get said() {
    const { input } = this.request ?? {};
    if (typeof input === "string") return input;
    const last = Array.isArray(input) ? input.at(-1) : undefined;
    if (!last) return "";
    if (last.output !== undefined)
      return `⤷ ${typeof last.output === "string" ? last.output : JSON.stringify(last.output)}`;
    if (typeof last.content === "string") return last.content;
    if (!Array.isArray(last.content)) return String(last.type ?? "");
    return last.content.map((/** @type {Fields} */ part) => part.text ?? part.type).join(" ");
  }
}

/**
 * @param {string} text
 * @returns {Fields | undefined}
 */
export function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
