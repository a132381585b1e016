import { HttpError, ProtocolError } from "../failure/kinds.ts";
import type { HeaderMap } from "../headers.ts";
import { blankerOf, blankHeaders, type SentRequest, safeUrl } from "../observe/redact.ts";
import { describeStatus } from "../status-text.ts";
import type { ByteStream } from "../transport.ts";
import { readBody } from "./body-reader.ts";
import { decodeContent, isDecodable } from "./content-decoding.ts";

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
  const bytes = await readText(answer);
  const blank = blankerOf(request, original);
  const url = blank(safeUrl(request.url));
  return new HttpError(`${describeStatus(answer.status)} from ${url}`, {
    status: answer.status,
    url,
    headers: blankHeaders(answer.headers, blank),
    body: blank(Buffer.from(bytes).toString("utf8")),
  });
}

/** The status is the news; a body that breaks off, stalls or cannot be decompressed must not hide it. */
async function readText({ body, headers }: { headers: HeaderMap; body: ByteStream }): Promise<Uint8Array> {
  try {
    const encoding = headers["content-encoding"];
    return await readBody(isDecodable(encoding) ? decodeContent(body, encoding) : body, LIMITS);
  } catch (error) {
    if (error instanceof ProtocolError) return Buffer.from(`(${error.message})`);
    throw error;
  }
}
