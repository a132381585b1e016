import { bodyExcerpt } from "../../client/body-excerpt.ts";
import { ProtocolError } from "../../client/failure/kinds.ts";
import type { Blank } from "../../client/observe/redact.ts";
import type { HttpResponse, HttpStreamResponse } from "../../client/transport.ts";
import { AnswerReader } from "../wire/answer-reader.ts";

/** An answer as the clients of endpoints get it. */
export type Answer<Received extends HttpResponse | HttpStreamResponse = HttpResponse> = Received & {
  /** Blanks the credentials that the call went out with in a text of the answer, for messages. */
  readonly blank: Blank;
};

/**
 * The JSON of a unary answer.
 *
 * @param failure - What the message begins with, e.g. `failed to decode models response`.
 * @throws {@link ProtocolError} The body is no JSON; the message names its content type and shows its beginning.
 */
export function parseAnswer(response: Answer, failure: string): unknown {
  const text = answerText(response);
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError(`${failure}: ${notJson(response, text)}`);
  }
}

/** The JSON object of a unary answer, to be read by its fields. Throws as {@link parseAnswer}, and where it is no object. */
export function readAnswer(response: Answer, failure: string): AnswerReader {
  return new AnswerReader(parseAnswer(response, failure), failure);
}

/** The body as text, without a byte order mark; bytes that are no UTF-8 become U+FFFD. */
function answerText({ body }: Answer): string {
  return new TextDecoder().decode(body);
}

/** The beginning of a body, as the end of a message: `; body: …`. Empty for an empty one. */
export function bodyClause(response: Answer): string {
  const body = answerText(response);
  const excerpt = bodyExcerpt({ body: response.blank(body), headers: response.headers });
  return excerpt === "" ? "" : `; body: ${excerpt}`;
}

function notJson(response: Answer, text: string): string {
  const from = `HTTP ${response.status} from ${response.url}`;
  if (text.trim() === "") return `${from} is empty; check the base URL`;
  const type = response.blank(response.headers["content-type"]?.split(";", 1)[0]?.trim() || "without a content type");
  const advice = "a captive portal, a proxy's page, a wrong base URL or an answer cut short looks so";
  return `${from} is not JSON (${type}): ${advice}${bodyClause(response)}${response.note ? `. ${response.note}` : ""}`;
}
