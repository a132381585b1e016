import { BodyPieces } from "../../client/body-pieces.ts";
import { type Compression, compressBody, type EncodedBody } from "../../client/compression.ts";
import type { HttpError } from "../../client/failure/kinds.ts";
import type { Logger } from "../../client/observe/log.ts";
import { isJsonObject, jsonText } from "../wire/json.ts";
import { InputList } from "../wire/request-input.ts";

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

/** What pieces are to have in bytes, and more than a body in one has. V8 keeps texts above 128 kB elsewhere, which costs a third more than the writing. */
const PIECE_BYTES = 88 * 1024;
/** Items of the first piece, whose size nobody knows yet. */
const FIRST_ITEMS = 16;
const COMMA = 0x2c;

/**
 * The bytes of `JSON.stringify(value)`. A request with a long `input` is written piece by piece: the text of a piece stays in the processor's cache until its
 * bytes are made, so that the bytes cost no more than the text alone would (`docs/performance.md`).
 *
 * @throws {@link BuildError} The value cannot be written as JSON: it contains itself or a bigint, or is a function.
 */
export function jsonBody(value: unknown): Uint8Array | BodyPieces {
  const split = splitAtInput(value);
  if (!split) return Buffer.from(jsonText(value));
  const { before, items, after } = split;
  const pieces = [Buffer.from(before)];
  let count = FIRST_ITEMS;
  for (let at = 0; at < items.length; ) {
    const group = items.slice(at, at + count);
    at += count;
    if (group.length === 0) continue; // none of them is sent
    const list = Buffer.from(jsonText(group));
    // Without its brackets, and after a comma if another group is before it.
    list[0] = COMMA;
    pieces.push(list.subarray(pieces.length === 1 ? 1 : 0, -1));
    count = Math.max(1, Math.round((group.length * PIECE_BYTES) / list.length));
  }
  pieces.push(Buffer.from(after));
  const body = new BodyPieces(pieces);
  return body.byteLength <= PIECE_BYTES ? body.joined() : body;
}

/** A list, or one whose items are encoded as they are taken. */
interface ItemList {
  readonly length: number;
  slice(start: number, end: number): readonly unknown[];
}

/** A request's text before and after the items of `input`. Undefined if these are few, or if it is no plain list in a plain object. */
function splitAtInput(value: unknown): { before: string; items: ItemList; after: string } | undefined {
  if (!isJsonObject(value) || "toJSON" in value) return undefined;
  const { input } = value;
  const isList = input instanceof InputList || (Array.isArray(input) && !("toJSON" in input));
  if (!isList || input.length <= FIRST_ITEMS) return undefined;
  const fields = Object.entries(value);
  const place = fields.findIndex(([name]) => name === "input");
  const textOf = (part: typeof fields): string => jsonText(Object.fromEntries(part)).slice(1, -1);
  const [before, after] = [textOf(fields.slice(0, place)), textOf(fields.slice(place + 1))];
  return { before: `{${before}${before && ","}"input":[`, items: input, after: `]${after && ","}${after}}` };
}
