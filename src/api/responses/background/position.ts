import { BuildError } from "../../../client/failure/kinds.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import { pieceOf } from "./piece.ts";

/**
 * How far a reader has come in a background response. It is small and plain JSON, so another process can continue from it with `resume`.
 * Events read before it are not delivered again.
 */
export interface ResponsePosition {
  readonly responseId: string;
  /** `sequence_number` of the last event that was read; absent before the first. */
  readonly after?: number;
  /** Output indexes of the items that were read as finished. */
  readonly finished: readonly number[];
  /** Number of characters read from each part of unfinished items, by index, kind and part: `1/text/0`. */
  readonly underWay: Readonly<Record<string, number>>;
}

/** What one wire event adds to a position. */
export interface Advance {
  readonly number: number | undefined;
  readonly finished: number | undefined;
  readonly piece: ReturnType<typeof pieceOf>;
}

export function advanceOf(event: JsonObject): Advance {
  const { type, output_index: outputIndex } = event;
  const isItem = type === "response.output_item.done" && typeof outputIndex === "number";
  return { number: sequenceNumber(event), finished: isItem ? outputIndex : undefined, piece: pieceOf(event) };
}

/** The event's sequence number; undefined if it has none, like events about the connection. */
function sequenceNumber({ sequence_number: number }: JsonObject): number | undefined {
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}

/** A position that advances. */
export class Progress {
  readonly #finished = new Set<number>();
  readonly #underWay = new Map<string, number>();
  #after: number | undefined;

  constructor(from?: Partial<ResponsePosition>) {
    this.#after = from?.after;
    for (const index of from?.finished ?? []) this.#finished.add(index);
    for (const [key, length] of Object.entries(from?.underWay ?? {})) this.#underWay.set(key, length);
  }

  /** The last sequence number; undefined before the first. */
  get after(): number | undefined {
    return this.#after;
  }

  note({ number, finished, piece }: Advance): void {
    // Behind what has no number, the last one no longer tells what has come.
    if (number !== undefined || finished !== undefined || piece) this.#after = number;
    if (piece) this.#underWay.set(piece.key, (this.#underWay.get(piece.key) ?? 0) + piece.length);
    if (finished === undefined) return;
    this.#finished.add(finished);
    for (const key of this.#underWay.keys()) if (key.startsWith(`${finished}/`)) this.#underWay.delete(key);
  }

  hasFinished(outputIndex: number): boolean {
    return this.#finished.has(outputIndex);
  }

  /** Number of characters of a part so far; undefined if it has not begun. */
  lengthOf(key: string): number | undefined {
    return this.#underWay.get(key);
  }

  positionIn(responseId: string): ResponsePosition {
    const finished = [...this.#finished].sort((left, right) => left - right);
    const after = this.#after === undefined ? {} : { after: this.#after };
    return { responseId, ...after, finished, underWay: Object.fromEntries(this.#underWay) };
  }
}

/**
 * The given starting point: a sequence number or a saved position.
 *
 * @throws {@link BuildError} It is neither, or it is a position in another response.
 */
export function checkedStart(
  responseId: string,
  after: number | ResponsePosition | undefined,
): Partial<ResponsePosition> {
  if (after === undefined) return {};
  if (typeof after === "number") return { after: checkedNumber(after) };
  if (!isJsonObject(after)) throw new BuildError(`after must be ${WANTED}`);
  if (after.responseId !== responseId) {
    throw new BuildError(`after is a position in response ${String(after.responseId)}, and not in ${responseId}`);
  }
  const { finished, underWay } = after;
  const isSound =
    Array.isArray(finished) &&
    finished.every(isCount) &&
    isJsonObject(underWay) &&
    Object.values(underWay).every(isCount);
  if (!isSound) throw new BuildError(`after must be ${WANTED}; this position was changed`);
  return { ...(after.after === undefined ? {} : { after: checkedNumber(after.after) }), finished, underWay };
}

const WANTED = "the sequence_number of an event, or a position as the stream gives it";

function checkedNumber(after: unknown): number {
  if (isCount(after)) return after;
  throw new BuildError(`after must be ${WANTED}`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
