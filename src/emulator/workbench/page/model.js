// What passed, as rows: an HTTP request with its answer is one, and so is each message of a client on a WebSocket with the events up to the
// end of its response. A connection has a row of its own, for its handshake and for what belongs to no request.

const TERMINAL = /^(?:error|response\.(?:completed|incomplete|failed|done))$/;
const FAILED = /^(?:error|response\.failed)$/;

export class Row {
  constructor(id, exchange, at, request) {
    this.id = id;
    this.exchange = exchange;
    /** Milliseconds on the exchange's clock. */
    this.at = at;
    this.request = request;
    this.events = [];
    this.lane = request?.stream_id;
    this.status = undefined;
    this.isOver = false;
    this.isBad = false;
    this.text = "";
    this.deltas = 0;
    this.firstDeltaAt = undefined;
    this.lastDeltaAt = undefined;
    this.usage = undefined;
    this.haystack = "";
    this.ending = undefined;
  }

  get kind() {
    return this.exchange.head.carrier === "http" ? "http" : this.request === undefined ? "connection" : "turn";
  }

  /** It sends what is new, and names what it goes on from. */
  get isIncrement() {
    return typeof this.request?.previous_response_id === "string";
  }

  get inputItems() {
    const { input } = this.request ?? {};
    return Array.isArray(input) ? input.length : input === undefined ? 0 : 1;
  }

  get tokensPerSecond() {
    const ms = this.lastDeltaAt - this.firstDeltaAt;
    return this.deltas > 2 && ms > 0 ? ((this.deltas - 1) / ms) * 1000 : undefined;
  }

  add(event) {
    event.gap = event.at - (this.events.at(-1)?.at ?? this.at);
    this.events.push(event);
    if (event.isBad) this.isBad = true;
    if (event.type.endsWith(".delta")) {
      this.deltas += 1;
      this.firstDeltaAt ??= event.at;
      this.lastDeltaAt = event.at;
    }
  }
}

export class Model {
  constructor() {
    this.clear();
  }

  clear() {
    this.exchanges = new Map();
    this.rows = [];
    this.changed = new Set();
  }

  take(messages) {
    for (const message of messages) {
      if (message.reset) this.clear();
      else if (message.head) this.#begin(message);
      else this.#pass(message);
    }
  }

  #begin({ id, begunAt, head }) {
    const exchange = { id, begunAt, head, answer: undefined, rows: [], body: "" };
    this.exchanges.set(id, exchange);
    this.#row(exchange, 0, head.carrier === "http" ? (parse(head.body) ?? {}) : undefined, head.body);
  }

  #row(exchange, at, request, text = "") {
    const row = new Row(`${exchange.id}.${exchange.rows.length}`, exchange, at, request);
    row.sentText = text;
    row.haystack = `${exchange.head.method} ${exchange.head.path} ${text}`.toLowerCase();
    exchange.rows.push(row);
    this.rows.push(row);
    this.changed.add(row);
    return row;
  }

  #pass({ id, entry }) {
    const exchange = this.exchanges.get(id);
    if (!exchange) return;
    const [first] = exchange.rows;
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
        row.add({ at: entry.atMs, type: request?.type ?? "message", data: entry.data, isSent: true });
        // A message that wants no response: it is over when it is sent.
        if (request?.type !== "response.create") row.isOver = true;
        break;
      }
      case "received":
        this.#received(exchange, entry);
        break;
      case "end":
        this.#end(exchange, entry);
        break;
    }
  }

  /** The oldest request of its lane that is not over gets it. */
  #received(exchange, { atMs, data }) {
    const lane = parseQuickly(data, "stream_id");
    const open = exchange.rows.find((row) => row.kind === "turn" && !row.isOver && row.lane === lane);
    this.#event(open ?? exchange.rows[0], atMs, data);
  }

  #event(row, at, data, named) {
    const type = named ?? parseQuickly(data, "type") ?? (data.startsWith(":") ? "comment" : "body");
    const isBad = FAILED.test(type);
    row.add({ at, type, data, isBad });
    if (type === "response.output_text.delta") row.text += parse(data)?.delta ?? "";
    if (TERMINAL.test(type)) {
      const event = parse(data) ?? {};
      row.usage = event.response?.usage;
      if (row.kind === "turn") {
        row.isOver = true;
        row.status ??= type === "error" ? (event.status ?? "error") : type.replace("response.", "");
      }
    }
    this.changed.add(row);
  }

  #end(exchange, entry) {
    const isBroken = entry.how === "cut" || entry.how === "reset";
    for (const row of exchange.rows) {
      if (row.isOver && row.kind !== "connection") continue;
      row.isOver = true;
      row.ending = entry;
      const cutShort = row.kind !== "connection" && entry.how === "left";
      const label = [entry.how, entry.code, entry.reason].filter((part) => part !== undefined && part !== "").join(" ");
      row.add({ at: entry.atMs, type: "end", data: label, isBad: isBroken || cutShort });
      if (isBroken || cutShort) row.status = entry.how;
      this.changed.add(row);
    }
  }
}

/** A top-level field of an event's JSON, without parsing all of it where it is long. */
function parseQuickly(data, name) {
  if (data.length < 4096) return parse(data)?.[name];
  const head = new RegExp(`^\\{"${name}":"([^"]*)"`).exec(data)?.[1];
  const tail = new RegExp(`,"${name}":"([^"]*)"\\}$`).exec(data.slice(-300))?.[1];
  return head ?? tail ?? (name === "type" ? parse(data)?.[name] : undefined);
}

export function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the request says, in one line. */
export function saidIn(row) {
  const { input } = row.request ?? {};
  if (typeof input === "string") return input;
  const last = Array.isArray(input) ? input.at(-1) : undefined;
  if (!last) return "";
  if (last.output !== undefined)
    return `⤷ ${typeof last.output === "string" ? last.output : JSON.stringify(last.output)}`;
  if (typeof last.content === "string") return last.content;
  return Array.isArray(last.content) ? last.content.map((part) => part.text ?? part.type).join(" ") : (last.type ?? "");
}

/** The request as a command for a shell. Credentials are not in it: the variable stands for the key. */
export function curlOf(row, origin) {
  const { head } = row.exchange;
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const skipped =
    /^(?:host|connection|content-length|accept-encoding|user-agent|upgrade|sec-websocket-.*|transfer-encoding|content-encoding)$/i;
  const headers = head.headers.filter(([name]) => !skipped.test(name));
  const isTurn = row.kind === "turn";
  const lines = [`curl -N ${isTurn ? "" : `-X ${head.method} `}${quote(origin + head.path)}`];
  for (const [name, value] of headers) {
    if (value !== "[removed]") lines.push(`-H ${quote(`${name}: ${value}`)}`);
    else if (/^authorization$/i.test(name)) lines.push('-H "authorization: Bearer $OPENAI_API_KEY"');
  }
  let body = row.sentText;
  if (isTurn) {
    const { type: _type, stream_id: _lane, ...rest } = row.request;
    body = JSON.stringify({ ...rest, stream: true });
    lines.push("-H 'content-type: application/json'");
  }
  if (body) lines.push(`--data-raw ${quote(body)}`);
  return lines.join(" \\\n  ");
}
