import { ProtocolError } from "../../client/failure/kinds.ts";
import type { Blank } from "../../client/observe/redact.ts";
import type { HttpResponse, HttpStreamResponse } from "../../client/transport.ts";
import { bodyExcerpt } from "../../client/wording/body-excerpt.ts";
import { requestIdOf } from "../headers.ts";
import { mapErrorEvent } from "../refusal/event.ts";
import { isForeignError, isNamedError } from "../refusal/foreign.ts";
import type { CodexFailure } from "../refusal/kinds.ts";
import { AnswerReader } from "../wire/answer-reader.ts";
import { isJsonObject, type JsonObject, objectOf, receivedJson, writtenJson } from "../wire/json.ts";

/** An answer, as the endpoint clients get it. */
export type Answer<Received extends HttpResponse | HttpStreamResponse = HttpResponse> = Received & {
  /** Removes the call's credentials from a text of the answer, for messages. */
  readonly blank: Blank;
};

/**
 * The JSON object of a unary answer, read by its fields.
 *
 * @param failure - Beginning of the message, e.g. `failed to decode models response`.
 * @param shows - What of the answer the message about a missing field contains: the names of its fields, or its beginning, where nothing
 *   in it is private. Default `fields`.
 * @throws {@link ProtocolError} The body is not a JSON object. The error that it tells, if some gateway answers so with a status of success.
 */
export function readAnswer(response: Answer, failure: string, shows: "fields" | "body" = "fields"): AnswerReader {
  const text = answerText(response);
  const value = receivedJson(text);
  if (value === undefined) throw notRead(response, `${failure}: ${notJson(response, text)}`);
  return new AnswerReader(value, (why) => unreadable(response, value, `${failure}: ${why}`, shows));
}

/**
 * Checks the answer to a call that returns nothing.
 *
 * @param failure - Beginning of the message, e.g. `failed to decode the answer to a deletion`.
 * @throws {@link ProtocolError} The answer is a page, such as that of a captive portal, or says that nothing was deleted. The error that it
 *   tells, if some gateway answers so with a status of success.
 */
export function checkDone(response: Answer, failure: string): void {
  const text = answerText(response).trim();
  const value = receivedJson(text);
  if (isPage(text)) throw notRead(response, `${failure}: ${notJson(response, text)}`);
  if (!isJsonObject(value)) return; // empty, or a word of the gateway's own
  if (isNamedError(value)) throw unreadable(response, value, failure);
  if (value.deleted === false) throw unreadable(response, value, `${failure}: the service has not deleted it`);
}

/** The error for an answer that is not of the documented form: what it says itself, if it is an error. */
export function unreadable(
  response: Answer,
  value: unknown,
  message: string,
  shows: "fields" | "body" = "fields",
): CodexFailure {
  if (isJsonObject(value) && isForeignError(value)) return refusalOf(response, value);
  if (shows === "body") return notRead(response, message + bodyClause(response));
  const fields = isJsonObject(value) ? `, with ${namesIn(response, value)}` : "";
  const page = isPage(answerText(response)) ? bodyClause(response) : "";
  const note = response.note ? `. ${response.note}` : "";
  return notRead(
    response,
    `${message}; it came as HTTP ${response.status} from ${response.url}${fields}${page}${note}`,
  );
}

function isPage(text: string): boolean {
  return text.trimStart().startsWith("<");
}

function refusalOf(response: Answer, value: JsonObject): CodexFailure {
  const text = response.blank(writtenJson(value) ?? "");
  return mapErrorEvent(objectOf(receivedJson(text)) ?? value, text, undefined, response.headers);
}

const MOST_NAMES = 10;

function namesIn({ blank }: Answer, value: JsonObject): string {
  const names = Object.keys(value);
  if (names.length === 0) return "no fields";
  const rest = names.length > MOST_NAMES ? ", …" : "";
  return `the fields ${blank(names.slice(0, MOST_NAMES).join(", "))}${rest}`.slice(0, 300);
}

function notRead(response: Answer, message: string): ProtocolError {
  return new ProtocolError(message, { requestId: requestIdOf(response.headers) });
}

/** The body as text, without a byte order mark; invalid UTF-8 becomes U+FFFD. */
export function answerText({ body }: Answer): string {
  return new TextDecoder().decode(body);
}

/** The beginning of a body, for the end of a message: `; body: …`. Empty for an empty body. */
function bodyClause(response: Answer): string {
  const body = answerText(response);
  const excerpt = bodyExcerpt({ body: response.blank(body), headers: response.headers });
  return excerpt === "" ? "" : `; body: ${excerpt}`;
}

function notJson(response: Answer, text: string): string {
  const from = `HTTP ${response.status} from ${response.url}`;
  if (text.trim() === "") return `${from} is empty; check the base URL`;
  const type = response.blank(response.headers["content-type"]?.split(";", 1)[0]?.trim() || "without a content type");
  const advice = "this is typical of a captive portal, a proxy's error page, a wrong base URL or a truncated answer";
  return `${from} is not JSON (${type}): ${advice}${bodyClause(response)}${response.note ? `. ${response.note}` : ""}`;
}
