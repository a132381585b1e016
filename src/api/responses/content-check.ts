import { bodyExcerpt } from "../../client/body-excerpt.ts";
import { ProtocolError } from "../../client/failure/kinds.ts";
import type { Logger } from "../../client/observe/log.ts";
import { notify, type Telemetry } from "../../client/observe/telemetry.ts";
import type { HttpStreamResponse } from "../../client/transport.ts";
import type { Answer } from "../service/answer.ts";

const EXCERPT_BYTES = 16 * 1024;
const EXCERPT_TIMEOUT_MS = 2_000;

const EVENT_STREAM = /^text\/event-stream\b/i;
/** Content types that an event stream is labelled with by mistake at most. Others are taken at their word: gateways label streams in many ways. */
const NO_STREAM = /^(text\/html|application\/(json|xhtml\+xml|problem\+json))\b/i;
/** How an event stream begins: with a field or a comment, behind a byte order mark or empty lines. */
const STREAM_START = /^(\xEF\xBB\xBF)?[\r\n]*(data|event|id|retry)?:/;
/** The beginnings of such a beginning: more has to come before it is clear. */
const MAY_BECOME_ONE = /^(\xEF(\xBB(\xBF)?)?)?[\r\n]*(d|da|dat|data|e|ev|eve|even|event|i|id|r|re|ret|retr|retry)?$/;

interface Observers {
  readonly telemetry?: Telemetry | undefined;
  readonly logger: Logger;
}

/**
 * What has to be cleared up before a 2xx answer is read as an event stream: it says that it is something else. Undefined where it does not.
 *
 * @param refuse - Called with the error of an answer that is no event stream, such as a captive portal's page; with an excerpt of it.
 */
export function doubtAbout(
  response: Answer<HttpStreamResponse>,
  observers: Observers,
  refuse: (error: ProtocolError) => void,
): Doubt | undefined {
  const type = response.headers["content-type"]?.trim() ?? "";
  if (response.status === 204) {
    refuse(notAnEventStream(response, "no content", ""));
    return undefined;
  }
  if (EVENT_STREAM.test(type) || !NO_STREAM.test(type)) return undefined;
  return new Doubt(response, response.blank(type.split(";", 1)[0] ?? type), observers, refuse);
}

/** Holds the beginning of a body until it shows what it is: an event stream all the same, or the page that its label says. */
export class Doubt {
  readonly #response: Answer<HttpStreamResponse>;
  readonly #type: string;
  readonly #observers: Observers;
  readonly #refuse: (error: ProtocolError) => void;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** It is none. */
  isPage = false;
  readonly #deadline: NodeJS.Timeout;

  constructor(
    response: Answer<HttpStreamResponse>,
    type: string,
    observers: Observers,
    refuse: (error: ProtocolError) => void,
  ) {
    this.#response = response;
    this.#type = type;
    this.#observers = observers;
    this.#refuse = refuse;
    // A page that does not end is told of by its beginning; an event stream may let its first event wait.
    this.#deadline = setTimeout(() => {
      if (this.isPage) this.#tell();
    }, EXCERPT_TIMEOUT_MS);
  }

  /** @returns All that came so far, once it is clear that it is an event stream. */
  clear(bytes: Uint8Array): Uint8Array | undefined {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (!this.isPage) {
      const start = Buffer.concat(this.#held).subarray(0, EXCERPT_BYTES).toString("latin1");
      if (STREAM_START.test(start)) return this.#cleared();
      this.isPage = !MAY_BECOME_ONE.test(start);
      if (this.isPage) this.#deadline.refresh();
    }
    if (this.#heldBytes >= EXCERPT_BYTES) this.#tell();
    return undefined;
  }

  /** The body is over, and it is still not clear. */
  end(): undefined {
    this.#tell();
  }

  stop(): void {
    clearTimeout(this.#deadline);
  }

  #cleared(): Uint8Array {
    this.stop();
    const { telemetry, logger } = this.#observers;
    notify(telemetry, "onStreamDeviation", { what: "content type" });
    logger.debug({ contentType: this.#type }, "an event stream under another label");
    return Buffer.concat(this.#held);
  }

  #tell(): void {
    this.stop();
    const body = Buffer.concat(this.#held).subarray(0, EXCERPT_BYTES).toString("utf8");
    this.#refuse(notAnEventStream(this.#response, this.#type, body));
  }
}

function notAnEventStream(response: Answer<HttpStreamResponse>, type: string, body: string): ProtocolError {
  const text = bodyExcerpt({ body: response.blank(body), headers: response.headers });
  const excerpt = text === "" ? "" : ` It says: ${text}`;
  return new ProtocolError(
    `HTTP ${response.status} from ${response.url} is not an event stream but ${type}; a captive portal, a proxy's page or a wrong base URL answers so.${excerpt}${response.note ? ` ${response.note}` : ""}`,
  );
}
