import { ProtocolError } from "../../client/failure/kinds.ts";
import type { Logger } from "../../client/observe/log.ts";
import { notify, type Telemetry } from "../../client/observe/telemetry.ts";
import type { HttpStreamResponse } from "../../client/transport.ts";
import { bodyExcerpt } from "../../client/wording/body-excerpt.ts";
import { requestIdOf } from "../headers.ts";
import type { Answer } from "../service/answer.ts";
import { isJsonObject, type JsonObject, receivedJson } from "../wire/json.ts";

const EXCERPT_BYTES = 16 * 1024;
/** The largest body that is read whole because it may be a response in place of a stream. */
const MOST_JSON_BYTES = 64 * 1024 * 1024;
const EXCERPT_TIMEOUT_MS = 2_000;

const EVENT_STREAM = /^text\/event-stream\b/i;
/** Content types that cannot be an event stream unless the label is wrong. All others are accepted: gateways label streams in many ways. */
const NO_STREAM = /^(text\/html|application\/(json|xhtml\+xml|problem\+json))\b/i;
/** How an event stream begins: with a field or a comment, after an optional byte order mark and empty lines. */
const STREAM_START = /^(\xEF\xBB\xBF)?[\r\n]*(data|event|id|retry)?:/;
/** How a JSON object begins. */
const JSON_START = /^(\xEF\xBB\xBF)?\s*\{/;
/** Prefixes of such a beginning: more bytes are needed to decide. */
const MAY_BECOME_ONE = /^(\xEF(\xBB(\xBF)?)?)?[\r\n]*(d|da|dat|data|e|ev|eve|even|event|i|id|r|re|ret|retr|retry)?$/;

interface Observers {
  readonly telemetry?: Telemetry | undefined;
  readonly logger: Logger;
}

/**
 * The check that a 2xx answer needs before it is read as an event stream, because its content type is something else. Undefined if it needs
 * none.
 *
 * @param refuse - Called with the error, and an excerpt, if the answer is not an event stream; for example a captive portal's page.
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

/**
 * Holds back the beginning of a body until it is clear whether it is an event stream after all, or the page that its content type
 * announces.
 */
export class Doubt {
  readonly #response: Answer<HttpStreamResponse>;
  readonly #type: string;
  readonly #observers: Observers;
  readonly #refuse: (error: ProtocolError) => void;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** It is not an event stream. */
  isPage = false;
  /** It may be an answer that is not streamed. */
  #isJson = false;
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
    // A page may never end, so its beginning is enough to report it; an event stream may take long to send its first event.
    this.#deadline = setTimeout(() => {
      if (this.isPage) this.#tell();
    }, EXCERPT_TIMEOUT_MS);
  }

  /** @returns All bytes so far, once it is clear that they are an event stream. */
  clear(bytes: Uint8Array): Uint8Array | undefined {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (!this.isPage) {
      const start = Buffer.concat(this.#held).subarray(0, EXCERPT_BYTES).toString("latin1");
      if (STREAM_START.test(start)) return this.#cleared();
      this.isPage = !MAY_BECOME_ONE.test(start);
      this.#isJson = JSON_START.test(start);
      if (this.isPage) this.#deadline.refresh();
    }
    if (this.#isJson) this.#deadline.refresh();
    if (this.#heldBytes >= (this.#isJson ? MOST_JSON_BYTES : EXCERPT_BYTES)) this.#tell();
    return undefined;
  }

  /**
   * The whole body, if it is the answer itself and no stream of it: some gateways do not stream, and some send errors with a status of
   * success.
   *
   * @param isWhole - Whether a JSON object is such an answer.
   */
  wholeAnswer(isWhole: (body: JsonObject) => boolean): string | undefined {
    if (!this.#isJson) return undefined;
    const text = new TextDecoder().decode(Buffer.concat(this.#held)); // without a byte order mark
    const value = receivedJson(text);
    if (!isJsonObject(value) || !isWhole(value)) return undefined;
    this.#cleared();
    return text;
  }

  /** The body ended before it was clear. */
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
    logger.debug({ contentType: this.#type }, "an answer with the content type of a page");
    return Buffer.concat(this.#held);
  }

  #tell(): void {
    this.stop();
    const body = Buffer.concat(this.#held).subarray(0, EXCERPT_BYTES).toString("utf8");
    this.#refuse(notAnEventStream(this.#response, this.#type, body));
  }
}

/** The beginning of a response in one piece, as the service sends it to a request without `stream: true`. */
const WHOLE_RESPONSE = /^\s*\{(?=[^{]*"object"\s*:\s*"response")/;

function notAnEventStream(response: Answer<HttpStreamResponse>, type: string, body: string): ProtocolError {
  const text = bodyExcerpt({ body: response.blank(body), headers: response.headers });
  const excerpt = text === "" ? "" : ` It says: ${text}`;
  const reason = WHOLE_RESPONSE.test(body)
    ? "it is a whole response: the body that was sent lacks `stream: true`, or the server does not know it"
    : "this is typical of a captive portal, a proxy's error page or a wrong base URL";
  return new ProtocolError(
    `HTTP ${response.status} from ${response.url} is not an event stream but ${type}; ${reason}.${excerpt}${response.note ? ` ${response.note}` : ""}`,
    { requestId: requestIdOf(response.headers) },
  );
}
