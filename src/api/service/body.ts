import { type Compression, compressBody, type EncodedBody } from "../../client/compression.ts";
import type { HttpError } from "../../client/failure/kinds.ts";
import type { Logger } from "../../client/observe/log.ts";
import { jsonText } from "../wire/json.ts";

/** A JSON body, encoded once however often it is sent; compressed until a server refuses that. */
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
