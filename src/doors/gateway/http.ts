import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable, type Writable } from "node:stream";
import { type Blank, blankHeaders, type HeaderMap } from "../../client/index.ts";
import { headersForPage, holdTogether, writeChunk } from "../../server/index.ts";
import { type Asked, askedBody } from "../forwarding/asked.ts";
import { forwardable, joined, toldHeaders } from "../forwarding/headers.ts";
import type { WholeAnswer } from "../forwarding/refusal.ts";
import type { StreamedAnswer } from "../forwarding/service.ts";
import { refusal } from "./access.ts";
import { bodyRefusal, decoded, readBody } from "./body.ts";
import { describeFailure, failureAnswer } from "./failure.ts";
import { MemoryShare } from "./memory.ts";
import { BASE_PATH, type Parts, upstreamPath } from "./parts.ts";
import { RequestRecord } from "./record.ts";

/** Bodies up to this size are kept while they are passed on, so that they can be sent again with renewed credentials. */
const HELD_BYTES = 4 * 1024 * 1024;

/** How much of a refusal is read, to remove credentials from it. */
const MOST_REFUSAL_BYTES = 1024 * 1024;

/** The longest line of an event stream that is held until it is complete; it may contain an image. */
const MOST_LINE_BYTES = 32 * 1024 * 1024;
const LINE_FEED = 10;

/** One for all: every finished request would pay for a stack trace. */
const LEFT = new Error("the client left");

/** One HTTP request. Never rejects. */
export async function serve(parts: Parts, message: IncomingMessage, response: ServerResponse): Promise<void> {
  await new HttpRequest(parts, message, response).run();
}

class HttpRequest {
  readonly #parts: Parts;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #record: RequestRecord;
  readonly #share: MemoryShare;
  readonly #gone = new AbortController();
  #isCut = false;
  /** For a page that may read the answer. */
  #forPage: Readonly<Record<string, string>> = {};

  constructor(parts: Parts, message: IncomingMessage, response: ServerResponse) {
    this.#parts = parts;
    this.#message = message;
    this.#response = response;
    this.#record = new RequestRecord(message, parts.settings);
    this.#share = new MemoryShare(parts.memory);
    response.once("close", () => {
      const isWhole = response.writableFinished && !this.#isCut;
      this.#gone.abort(LEFT);
      this.#share.release();
      this.#record.ended(isWhole ? "finished" : this.#isCut ? "cut" : "left");
    });
  }

  async run(): Promise<void> {
    try {
      const answer = await this.#answer();
      if (!answer) return;
      if ("frames" in answer) await this.#stream(answer);
      else this.#send(answer);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Undefined if it has been sent already. */
  async #answer(): Promise<StreamedAnswer | WholeAnswer | undefined> {
    const { access, service } = this.#parts;
    const { method, headers } = this.#message;
    const admitted = access.admit(headers);
    if ("status" in admitted) return this.#refuse(admitted);
    this.#record.token = admitted.token;
    this.#forPage = headersForPage(headers);
    if (this.#parts.isDraining)
      return this.#refuse(
        refusal(503, "draining", "The gateway is shutting down; use another one.", { "retry-after": "1" }),
      );
    const path = upstreamPath(this.#message.url);
    if (path === undefined || method === "TRACE")
      return this.#refuse(
        refusal(
          404,
          "not_found",
          `The gateway has no ${method} ${this.#message.url?.split("?", 1)[0]}; it has ${BASE_PATH}/responses and what belongs to it.`,
        ),
      );
    if (this.#parts.isFull)
      return this.#refuse(
        refusal(503, "too_many_requests", "The gateway has too many requests in progress.", {
          "retry-after": "1",
        }),
      );
    if (method !== "POST" || path.split("?", 1)[0] !== "/responses") return this.#pass(path);
    const received = await this.#received(path);
    if ("bytes" in received) return this.#pass(path, received.bytes);
    const { body, size } = received;
    if (typeof body.model === "string") this.#record.model = body.model;
    const asked = { headers: joined(headers), body, size, signal: this.#gone.signal };
    const answer = await service.answer(asked, admitted.client);
    this.#record.carrier = answer.carrier;
    if ("tokenUsage" in answer) this.#record.tokenUsage = answer.tokenUsage;
    return answer;
  }

  /** The request that a session can send; for any other, the body as it was sent. */
  async #received(path: string): Promise<Pick<Asked, "body" | "size"> | { readonly bytes: Uint8Array }> {
    const { maxBodyBytes } = this.#parts.settings;
    const { "content-encoding": encoding } = this.#message.headers;
    const bytes = await readBody(this.#message, maxBodyBytes, this.#share);
    const whole = await decoded(bytes, encoding, maxBodyBytes, this.#share);
    this.#record.received(whole);
    const body = path === "/responses" ? askedBody(textOf(whole)) : undefined;
    if (!body) return { bytes };
    if (whole !== bytes) this.#share.giveBack(bytes.length); // it is no longer referenced
    return { body, size: whole.length };
  }

  /** What is refused before its body is read. */
  #refuse(answer: WholeAnswer): WholeAnswer {
    this.#record.received();
    this.#response.shouldKeepAlive = false; // the rest of the request's body was not read
    return answer;
  }

  async #stream({ status, headers, frames }: StreamedAnswer): Promise<void> {
    const response = this.#response;
    this.#head(status, headers);
    if (response.socket) holdTogether(response.socket);
    response.flushHeaders();
    await frames.each((text) => {
      this.#record.sent(text);
      const full = writeChunk(response, text, "latin1");
      return full && this.#hasRoom(full);
    });
    this.#record.tokenUsage = frames.tokenUsage;
    response.end();
  }

  #send({ status, headers, body }: WholeAnswer): void {
    const bytes = Buffer.from(body);
    this.#head(status, { ...headers, "content-length": String(bytes.length) });
    this.#record.sent(bytes);
    this.#response.end(bytes);
  }

  #head(status: number, headers: HeaderMap): void {
    const told = { ...toldHeaders(headers), ...this.#forPage };
    this.#record.answered(status, told);
    this.#response.writeHead(status, told);
  }

  /** @param held - The body as received, if it has been read. */
  async #pass(path: string, held?: Uint8Array): Promise<undefined> {
    const { headers, method = "GET" } = this.#message;
    const { "content-encoding": encoding } = headers;
    if (!held) this.#record.received();
    const answer = await this.#parts.pass(path, {
      method,
      headers: { ...forwardable(joined(headers)), ...(encoding === undefined ? {} : { "content-encoding": encoding }) },
      body: held ?? (await this.#body(method)),
      signal: this.#gone.signal,
    });
    const response = this.#response;
    const told = forwardable(Object.fromEntries(answer.headers));
    this.#record.carrier = "http";
    if (answer.status >= 400) {
      const { blank } = this.#parts.own;
      this.#send({
        status: answer.status,
        headers: blankHeaders(told, blank),
        body: blank(await refusalText(answer)),
      });
      return;
    }
    this.#head(answer.status, told);
    response.flushHeaders();
    const body = (answer.body ?? []) as AsyncIterable<Uint8Array>;
    for await (const chunk of isEventStream(told) ? blankedLines(body, this.#parts.own.blank) : body) {
      this.#record.sent(chunk);
      if (!response.write(chunk) && !(await this.#hasRoom(response))) return;
    }
    response.end();
  }

  async #body(method: string): Promise<Uint8Array | ReadableStream | undefined> {
    const { "content-length": length, "transfer-encoding": coding } = this.#message.headers;
    if (method === "GET" || method === "HEAD" || (length === undefined && coding === undefined)) return undefined;
    if (Number(length) <= HELD_BYTES) return readBody(this.#message, HELD_BYTES, this.#share);
    return Readable.toWeb(this.#message) as ReadableStream;
  }

  /** Waits until the client can take more. False if the client has left. */
  async #hasRoom(full: Writable): Promise<boolean> {
    try {
      await once(full, "drain", { signal: this.#gone.signal });
      return true;
    } catch {
      return false; // it left, or its connection broke
    }
  }

  #fail(error: unknown): void {
    if (this.#gone.signal.aborted) return;
    const refused = bodyRefusal(error);
    if (!refused) this.#record.failed(describeFailure(error));
    if (this.#response.headersSent) {
      this.#isCut = true;
      this.#response.socket?.destroySoon(); // after what came before the break, which may still wait in the socket
    } else this.#send(refused ?? failureAnswer(error));
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function isEventStream(headers: HeaderMap): boolean {
  return headers["content-type"]?.startsWith("text/event-stream") ?? false;
}

/** An event stream without the gateway's credentials. Complete lines are forwarded at once; an incomplete last line follows at the end. */
async function* blankedLines(body: AsyncIterable<Uint8Array>, blank: Blank): AsyncGenerator<Uint8Array, void> {
  let begun: Uint8Array = new Uint8Array();
  for await (const chunk of body) {
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    const end = bytes.length > MOST_LINE_BYTES ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
    begun = bytes.subarray(end);
    if (end > 0) yield blankedBytes(bytes.subarray(0, end), blank);
  }
  if (begun.length > 0) yield blankedBytes(begun, blank);
}

function blankedBytes(bytes: Uint8Array, blank: Blank): Uint8Array {
  const text = textOf(bytes);
  const blanked = blank(text);
  return blanked === text ? bytes : Buffer.from(blanked);
}

async function refusalText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MOST_REFUSAL_BYTES) break; // cancels the rest of the answer
  }
  return Buffer.concat(chunks).toString("utf8", 0, MOST_REFUSAL_BYTES);
}
