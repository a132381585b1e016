import { type Compression, compressBody, type EncodedBody } from "../../client/compression.ts";
import type { HttpError } from "../../client/failure/kinds.ts";
import type { Logger } from "../../client/log.ts";
import { jsonText } from "../wire/json.ts";

/** A JSON body, written once however often it is sent; compressed, until a server refuses it so. */
export class RequestBody {
  readonly #plain: Uint8Array;
  #encoded: EncodedBody;
  #refusal: HttpError | undefined;

  private constructor(plain: Uint8Array, encoded: EncodedBody) {
    this.#plain = plain;
    this.#encoded = encoded;
  }

  static async of(json: unknown, compression: Compression, logger: Logger): Promise<RequestBody> {
    const plain = Buffer.from(jsonText(json));
    return new RequestBody(plain, await compressBody(plain, compression, logger));
  }

  get bytes(): Uint8Array {
    return this.#encoded.bytes;
  }

  /** For `content-encoding`. */
  get encoding(): EncodedBody["encoding"] {
    return this.#encoded.encoding;
  }

  /** After a refusal: may it have been for the compression? Then the body is a plain one from now on. */
  uncompressedAfter(refusal: HttpError): boolean {
    if (!this.encoding || (refusal.status !== 400 && refusal.status !== 415)) return false;
    this.#encoded = { bytes: this.#plain, encoding: undefined };
    this.#refusal = refusal;
    return true;
  }

  /**
   * What refused the compressed body and, as the plain body's fate shows, meant its compression. Undefined where the plain one is refused alike.
   *
   * @param fate - Of the plain body in the end: the answer to it, or its refusal.
   */
  refusalOfCompression(fate: { readonly status: number }): HttpError | undefined {
    return fate.status === this.#refusal?.status ? undefined : this.#refusal;
  }
}
