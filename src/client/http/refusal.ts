import { HttpError } from "../failure/kinds.ts";
import type { HeaderMap } from "../headers.ts";
import { blankerOf, blankHeaders, type SentRequest, safeUrl } from "../redact.ts";
import { describeStatus } from "../status-text.ts";
import type { ByteStream } from "../transport.ts";
import { readBody } from "./body-reader.ts";
import { decodeContent } from "./content-decoding.ts";

const LIMITS = { maxBytes: 1024 * 1024, idleTimeoutMs: 5_000, totalMs: 15_000, whenIncomplete: "cut" } as const;

/**
 * The error for an answer outside 200-299, or for one that refuses a WebSocket, with up to 1 MiB of its text. Credentials of the request that
 * the answer repeats are blanked.
 *
 * @param original - The request before redirects, which may have taken its credentials off but not out of their address.
 */
export async function readRefusal(
  answer: { readonly status: number; readonly headers: HeaderMap; readonly body: ByteStream },
  request: SentRequest,
  original = request,
): Promise<HttpError> {
  const body = decodeContent(answer.body, answer.headers["content-encoding"]);
  // The status is the news; a body that breaks off or stalls must not hide it.
  const bytes = await readBody(body, LIMITS);
  const blank = blankerOf(request, original);
  const url = blank(safeUrl(request.url));
  return new HttpError(`${describeStatus(answer.status)} from ${url}`, {
    status: answer.status,
    url,
    headers: blankHeaders(answer.headers, blank),
    body: blank(Buffer.from(bytes).toString("utf8")),
  });
}
