import type { Entry, ExchangeHead, Header } from "../exchanges/passed.ts";

/** The first line of every transcript. */
const TITLE = "codex-wire transcript 1";

/** An exchange as a transcript contains it: its beginning and its entries. */
export interface Transcript {
  readonly head: ExchangeHead;
  readonly entries: readonly Entry[];
}

// A line: milliseconds since the exchange began, what passed, and its text up to the end of the line. Text that has line breaks in it or
// bytes that are no text are written as JSON strings and base64, under names of their own.

/** The lines for the beginning of an exchange. */
export function encodeHead(head: ExchangeHead): string {
  const lines = [TITLE, line(0, "request", `${head.carrier} ${head.method} ${head.path}`)];
  for (const [name, value] of head.headers) lines.push(line(0, "request-header", `${name}: ${value}`));
  if (head.body.length > 0) lines.push(payload(0, "request-body", textIn(head.body)));
  return `${lines.join("\n")}\n`;
}

/** One entry: a line, or several for the head of an answer. */
export function encodeEntry(entry: Entry): string {
  const { atMs } = entry;
  switch (entry.kind) {
    case "answer":
      return [
        line(atMs, "answer", String(entry.status)),
        ...entry.headers.map(([name, value]) => line(atMs, "answer-header", `${name}: ${value}`)),
        "",
      ].join("\n");
    case "event":
      return `${line(atMs, "event", `${entry.type} ${entry.data}`)}\n`;
    case "end":
      return `${line(atMs, "end", [entry.how, entry.code, entry.reason].filter((part) => part !== undefined && part !== "").join(" "))}\n`;
    default:
      return `${payload(atMs, entry.kind, entry.data)}\n`;
  }
}

function line(atMs: number, what: string, text: string): string {
  return `${atMs.toFixed(3)} ${what} ${text}`;
}

// The ends of lines, U+2028 and U+2029 among them for whoever opens the file in an editor; a lone CR would be lost as well.
const BREAKS = /[\r\n\u2028\u2029]/;

function payload(atMs: number, what: string, data: string | Uint8Array): string {
  if (typeof data !== "string") return line(atMs, `${what}-base64`, Buffer.from(data).toString("base64"));
  return BREAKS.test(data) ? line(atMs, `${what}-json`, JSON.stringify(data)) : line(atMs, what, data);
}

/** Bytes as text, if they are UTF-8 and would be restored unchanged. */
export function textIn(bytes: Uint8Array): string | Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return text.includes("\ufffd") || text.startsWith("\ufeff") ? bytes : text;
}

const LINE = /^(\d+(?:\.\d+)?) ([a-z0-9-]+) ?(.*)$/s;

/**
 * Reads a transcript. One that breaks off in the middle, because its writer was stopped, ends there.
 *
 * @throws An error that names the invalid line.
 */
export function decodeTranscript(text: string, name: string): Transcript {
  const [title, ...lines] = text.split("\n");
  if (title?.trimEnd() !== TITLE) throw new Error(`${name}:1: a transcript begins with "${TITLE}"`);
  const reader = new Reader();
  for (const [index, each] of lines.entries()) {
    const found = LINE.exec(each.replace(/\r$/, ""));
    if (each === "" || each.startsWith("#")) continue;
    try {
      if (!found) throw new Error("it is not a line of a transcript: milliseconds, what passed, and its text");
      reader.read(Number(found[1]), found[2] ?? "", found[3] ?? "");
    } catch (error) {
      throw new Error(`${name}:${index + 2}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return reader.end(name);
}

class Reader {
  readonly #requestHeaders: Header[] = [];
  readonly #entries: Entry[] = [];
  #answerHeaders: Header[] = [];
  #request: Pick<ExchangeHead, "carrier" | "method" | "path"> | undefined;
  #body: Uint8Array = new Uint8Array();

  read(atMs: number, written: string, text: string): void {
    const [what, data] = decodePayload(written, text);
    switch (what) {
      case "request":
        this.#request = requestIn(text);
        return;
      case "request-header":
        this.#requestHeaders.push(headerIn(text));
        return;
      case "request-body":
        this.#body = Buffer.from(data);
        return;
      case "answer":
        this.#answerHeaders = [];
        this.#entries.push({ atMs, kind: "answer", status: statusIn(text), headers: this.#answerHeaders });
        return;
      case "answer-header":
        this.#answerHeaders.push(headerIn(text));
        return;
      case "event": {
        const [type = ""] = text.split(" ", 1);
        this.#entries.push({ atMs, kind: "event", type, data: text.slice(type.length + 1) });
        return;
      }
      case "body":
      case "sent":
      case "received":
        this.#entries.push({ atMs, kind: what, data });
        return;
      case "end":
        this.#entries.push({ atMs, kind: "end", ...endIn(text) });
        return;
      default:
        throw new Error(`nothing passes that is called "${written}"`);
    }
  }

  /** @throws An error if it contains no request. */
  end(name: string): Transcript {
    if (!this.#request) throw new Error(`${name}: it has no line "0 request"`);
    const last = this.#entries.at(-1);
    if (last?.kind !== "end") this.#entries.push({ atMs: last?.atMs ?? 0, kind: "end", how: "cut" });
    return {
      head: { ...this.#request, headers: this.#requestHeaders, body: this.#body, connection: 0 },
      entries: this.#entries,
    };
  }
}

function decodePayload(written: string, text: string): readonly [what: string, data: string | Uint8Array] {
  if (written.endsWith("-base64")) return [written.slice(0, -"-base64".length), Buffer.from(text, "base64")];
  if (!written.endsWith("-json")) return [written, text];
  const decoded: unknown = JSON.parse(text);
  if (typeof decoded !== "string") throw new Error(`"${written}" needs a JSON string`);
  return [written.slice(0, -"-json".length), decoded];
}

function requestIn(text: string): Pick<ExchangeHead, "carrier" | "method" | "path"> {
  const [carrier, method, path] = text.split(" ");
  if ((carrier !== "http" && carrier !== "websocket") || method === undefined || path === undefined)
    throw new Error('a request is "http" or "websocket", a method and a path');
  return { carrier, method, path };
}

function headerIn(text: string): Header {
  const colon = text.indexOf(": ");
  if (colon < 1) throw new Error("a header is a name, a colon, a space and a value");
  return [text.slice(0, colon), text.slice(colon + 2)];
}

function statusIn(text: string): number {
  if (!/^[1-5]\d\d$/.test(text)) throw new Error(`"${text}" is not a status`);
  return Number(text);
}

function endIn(text: string): Pick<Extract<Entry, { kind: "end" }>, "how" | "code" | "reason"> {
  const [, how, code, reason] = /^(\S+)(?: (\d+))?(?: (.*))?$/.exec(text) ?? [];
  if (how !== "finished" && how !== "cut" && how !== "reset" && how !== "left")
    throw new Error('an end is "finished", "cut", "reset" or "left"');
  return { how, ...(code !== undefined && { code: Number(code) }), ...(reason !== undefined && { reason }) };
}
