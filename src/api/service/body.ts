import { BodyPieces } from "../../client/body-pieces.ts";
import { type Compression, compressBody, type EncodedBody } from "../../client/compression.ts";
import type { HttpError } from "../../client/failure/kinds.ts";
import type { Logger } from "../../client/observe/log.ts";
import { jsonText } from "../wire/json.ts";
import { PIECE_LENGTH, writtenInPieces } from "../wire/request-input.ts";

/** A JSON body, encoded once however often it is sent; compressed until a server refuses that. */
export class RequestBody {
  readonly #plain: Uint8Array | BodyPieces;
  #encoded: EncodedBody;
  #refusal: HttpError | undefined;

  private constructor(plain: Uint8Array | BodyPieces, encoded: EncodedBody) {
    this.#plain = plain;
    this.#encoded = encoded;
  }

  static async of(json: unknown, compression: Compression, logger: Logger): Promise<RequestBody> {
    const plain = jsonBody(json);
    return new RequestBody(plain, await compressBody(plain, compression, logger));
  }

  get bytes(): Uint8Array | BodyPieces {
    return this.#encoded.bytes;
  }

  /** All of them in one, for who signs them. */
  get joined(): Uint8Array {
    const { bytes } = this;
    return bytes instanceof BodyPieces ? bytes.joined() : bytes;
  }

  /** For `content-length`, which a transport knows by itself if the bytes are in one. */
  get length(): number | undefined {
    const { bytes } = this;
    return bytes instanceof BodyPieces ? bytes.byteLength : undefined;
  }

  /** For `content-encoding`. */
  get encoding(): EncodedBody["encoding"] {
    return this.#encoded.encoding;
  }

  /** After a refusal: true if compression may be the reason. The body is then uncompressed from now on. */
  uncompressedAfter(refusal: HttpError): boolean {
    if (!this.encoding || (refusal.status !== 400 && refusal.status !== 415)) return false;
    this.#encoded = { bytes: this.#plain, encoding: undefined };
    this.#refusal = refusal;
    return true;
  }

  /**
   * The refusal of the compressed body, if the result of the plain one shows that compression was the reason. Undefined if the plain one
   * was refused alike.
   *
   * @param fate - The final result of the plain body: the answer to it, or its refusal.
   */
  refusalOfCompression(fate: { readonly status: number }): HttpError | undefined {
    return fate.status === this.#refusal?.status ? undefined : this.#refusal;
  }
}

const COMMA = 0x2c;

/**
 * The bytes of `JSON.stringify(value)`. Those of a piece are made while its text is in the processor's cache, so that they cost no more
 * than the text alone would (`docs/performance.md`). A short body is one block.
 *
 * @throws {@link BuildError} The value cannot be written as JSON: it contains itself or a bigint, or is a function.
 */
export function jsonBody(value: unknown): Uint8Array | BodyPieces {
  const written = writtenInPieces(value);
  if (!written) return Buffer.from(jsonText(value));
  const pieces = [Buffer.from(written.before)];
  for (const text of written.lists) {
    const list = Buffer.from(text);
    // Without its brackets, and after a comma if another list is before it.
    list[0] = COMMA;
    pieces.push(list.subarray(pieces.length === 1 ? 1 : 0, -1));
  }
  pieces.push(Buffer.from(written.after));
  const body = new BodyPieces(pieces);
  return body.byteLength <= PIECE_LENGTH ? body.joined() : body;
}
