import type { SentRequest } from "../../secrets/index.ts";
import type { Replay } from "../failure/failure.ts";
import { HttpError, ProtocolError } from "../failure/kinds.ts";
import type { HeaderMap } from "../headers.ts";
import { blankerOf, blankHeaders, safeUrl } from "../observe/redact.ts";
import type { ByteStream } from "../transport.ts";
import { describeStatus } from "../wording/status-text.ts";
import { readBody } from "./body-reader.ts";
import { decodeContent, isDecodable } from "./content-decoding.ts";

const MAX_BYTES = 1024 * 1024;

export interface RefusalOptions {
  /** Longest time for the text, in milliseconds; 0 if another limit applies, or none. */
  readonly timeoutMs: number;
  /** The request before redirects, whose URL may contain credentials that redirects removed from the headers. */
  readonly original?: SentRequest | undefined;
  /** Set where the status does not say whether anything was done. */
  readonly replay?: Replay | undefined;
}

/**
 * The error for an answer outside 200-299, or for one that refuses a WebSocket, with up to 1 MiB of its text. Credentials of the request
 * that the answer repeats are blanked.
 */
export async function readRefusal(
  answer: { readonly status: number; readonly headers: HeaderMap; readonly body: ByteStream },
  request: SentRequest,
  { timeoutMs, original = request, replay }: RefusalOptions,
): Promise<HttpError> {
  const bytes = await readText(answer, timeoutMs);
  const blank = blankerOf(request, original);
  const url = blank(safeUrl(request.url));
  return new HttpError(`${describeStatus(answer.status)} from ${url}`, {
    status: answer.status,
    url,
    headers: blankHeaders(answer.headers, blank),
    body: blank(Buffer.from(bytes).toString("utf8")),
    replay,
  });
}

/** The status is what matters; a body that is incomplete, late or cannot be decompressed must not hide it. */
async function readText(
  { body, headers }: { headers: HeaderMap; body: ByteStream },
  timeoutMs: number,
): Promise<Uint8Array> {
  try {
    const encoding = headers["content-encoding"];
    return await readBody(isDecodable(encoding) ? decodeContent(body, encoding) : body, {
      maxBytes: MAX_BYTES,
      idleTimeoutMs: 0,
      totalMs: timeoutMs,
      whenIncomplete: "cut",
    });
  } catch (error) {
    if (error instanceof ProtocolError) return Buffer.from(`(${error.message})`);
    throw error;
  }
}
