import { bodyExcerpt } from "../../client/body-excerpt.ts";
import { ProtocolError } from "../../client/failure/kinds.ts";
import { readBody } from "../../client/http/body-reader.ts";
import type { HttpStreamResponse } from "../../client/transport.ts";
import type { Answer } from "../service/answer.ts";

const EXCERPT_BYTES = 16 * 1024;
const EXCERPT_TIMEOUT_MS = 2_000;

/** Content types that no event stream comes with. Others are tried: gateways label streams in many ways. */
const NO_STREAM = /^(text\/html|application\/(json|xhtml\+xml|problem\+json))\b/i;

/**
 * A 2xx answer that is plainly no event stream, such as a captive portal's page: the error to throw, with an excerpt of the answer.
 * Undefined where the answer may be one.
 */
export function notAnEventStream(response: Answer<HttpStreamResponse>): Promise<ProtocolError> | undefined {
  const type = response.headers["content-type"]?.trim() ?? "";
  if (response.status !== 204 && !NO_STREAM.test(type)) return undefined;
  return describe(response, response.status === 204 ? "no content" : (type.split(";", 1)[0] ?? type));
}

async function describe(response: Answer<HttpStreamResponse>, type: string): Promise<ProtocolError> {
  const bytes = await readBody(response.body, {
    maxBytes: EXCERPT_BYTES,
    idleTimeoutMs: 0,
    totalMs: EXCERPT_TIMEOUT_MS,
    whenIncomplete: "cut",
  }).catch(() => new Uint8Array(0));
  const body = Buffer.from(bytes).toString("utf8");
  const text = bodyExcerpt({ body: response.blank(body), headers: response.headers });
  const excerpt = text === "" ? "" : ` It says: ${text}`;
  return new ProtocolError(
    `HTTP ${response.status} from ${response.url} is no event stream but ${type}; a captive portal, a proxy's page or a wrong base URL answers so.${excerpt}${response.note ? ` ${response.note}` : ""}`,
  );
}
