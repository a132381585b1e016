import type { Readable } from "node:stream";
import { BodyFault, decodeBody as decode, readBody as read, readUpTo } from "../../server/index.ts";
import { ServiceError } from "../service-error.ts";

const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_KEPT_UPLOAD_BYTES = 1024 * 1024;

/** @throws {@link ServiceError} 413 above 64 MiB. */
export function readBody(message: Readable): Promise<Uint8Array> {
  return read(message, MAX_BODY_BYTES).catch(rethrowWorded);
}

/** Reads an upload of any size. Of a large one only the size is kept, so that memory stays bounded. */
export function readUpload(message: Readable): ReturnType<typeof readUpTo> {
  return readUpTo(message, MAX_KEPT_UPLOAD_BYTES);
}

/**
 * Undoes one `content-encoding`: zstd, gzip, deflate or br.
 *
 * @throws {@link ServiceError} 415 for another coding, or for zstd where nothing can do it; 400 when the bytes are not what the header
 *   says; 413 past 64 MiB.
 */
export function decodeBody(bytes: Uint8Array, encoding: string | undefined): Promise<Uint8Array> {
  return decode(bytes, encoding, MAX_BODY_BYTES).catch(rethrowWorded);
}

const CODES: Readonly<Record<BodyFault["reason"], string>> = {
  too_large: "request_too_large",
  unknown_coding: "unsupported_content_encoding",
  damaged: "invalid_content_encoding",
};

/** An error in the service's wording. */
function rethrowWorded(error: unknown): never {
  if (!(error instanceof BodyFault)) throw error;
  throw new ServiceError(error.status, { message: error.message, code: CODES[error.reason] });
}
