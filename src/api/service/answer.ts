import { ProtocolError } from "../../client/failure/kinds.ts";
import type { Blank } from "../../client/observe/redact.ts";
import type { HttpResponse, HttpStreamResponse } from "../../client/transport.ts";
import { bodyExcerpt } from "../../client/wording/body-excerpt.ts";
import { AnswerReader } from "../wire/answer-reader.ts";

/** An answer, as the endpoint clients get it. */
export type Answer<Received extends HttpResponse | HttpStreamResponse = HttpResponse> = Received & {
  /** Removes the call's credentials from a text of the answer, for messages. */
  readonly blank: Blank;
};

/**
 * The JSON of a unary answer.
 *
 * @param failure - Beginning of the message, e.g. `failed to decode models response`.
 * @throws {@link ProtocolError} The body is not JSON; the message contains its content type and its beginning.
 */
export function parseAnswer(response: Answer, failure: string): unknown {
  const text = answerText(response);
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError(`${failure}: ${notJson(response, text)}`);
  }
}

/** The JSON object of a unary answer, read by its fields. Throws as {@link parseAnswer}, also if it is not an object. */
export function readAnswer(response: Answer, failure: string): AnswerReader {
  return new AnswerReader(parseAnswer(response, failure), failure);
}

/** The body as text, without a byte order mark; invalid UTF-8 becomes U+FFFD. */
function answerText({ body }: Answer): string {
  return new TextDecoder().decode(body);
}

/** The beginning of a body, for the end of a message: `; body: …`. Empty for an empty body. */
export function bodyClause(response: Answer): string {
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
