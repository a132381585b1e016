import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Fields, isFields, jsonIn, listIn, stringIn } from "../../fields.ts";
import { pathnameOf } from "../../routes.ts";
import { ServiceError } from "../../service-error.ts";
import { readText } from "../../text-file.ts";
import type { ExchangeHead } from "../exchanges/passed.ts";
import { differenceOf } from "./difference.ts";
import { EXTENSION } from "./recorder.ts";
import { decodeTranscript, type Transcript } from "./transcript.ts";

type Asked = Pick<ExchangeHead, "carrier" | "method" | "path" | "body">;

/** The largest recording. */
const MAX_BYTES = 256 * 1024 * 1024;

/** One recording. */
interface Recorded {
  readonly transcript: Transcript;
  readonly content: Content;
  isPlayed: boolean;
}

/**
 * Finds the recorded answer for each request. Requests with the same method and path use their recordings once each: the one whose request
 * is most similar, and of several the first. So a turn with the output of a tool finds its answer, even if the output differs this time.
 */
export class Replay {
  /** Only a request that says the same as its recording is answered. */
  readonly isStrict: boolean;
  readonly #recorded: readonly Recorded[];

  constructor(transcripts: readonly Transcript[], isStrict = false) {
    this.isStrict = isStrict;
    this.#recorded = transcripts.map((transcript) => ({
      transcript,
      content: contentOf(transcript.head.body),
      isPlayed: false,
    }));
  }

  /** @throws An error that names the file and line of an invalid transcript, or if there is none. */
  static async read(folder: string, isStrict = false): Promise<Replay> {
    const listed = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
      throw new Error(`the folder ${folder} of the recordings cannot be read (${cause.code})`, { cause });
    });
    const names = listed.filter((name) => name.endsWith(EXTENSION)).sort();
    if (names.length === 0) throw new Error(`the folder ${folder} has no recordings (files ending in ${EXTENSION})`);
    const read = async (name: string) =>
      decodeTranscript(await readText(join(folder, name), MAX_BYTES), join(folder, name));
    return new Replay(await Promise.all(names.map(read)), isStrict);
  }

  /** @throws {@link ServiceError} 404; the message lists the recordings. */
  take(asked: Asked): Transcript {
    const alike = this.#recorded.filter(({ transcript }) => isAt(transcript.head, asked));
    const content = contentOf(asked.body);
    const found = this.isStrict ? same(alike, content) : this.#similar(alike, content);
    if (!found) throw new ServiceError(404, { message: missing(asked, alike.length), code: "replay_no_match" });
    found.isPlayed = true;
    return found.transcript;
  }

  #similar(alike: readonly Recorded[], content: Content): Recorded | undefined {
    const left = alike.filter(({ isPlayed }) => !isPlayed);
    // A recording is used again only for exactly the same request, such as a list of models that is requested twice.
    const again = alike.filter((recorded) => recorded.isPlayed && recorded.content.text === content.text);
    return mostAlike(left, content) ?? again.at(-1);
  }
}

/**
 * The recording of a request that says the same: one that was not played yet, else the last one.
 *
 * @throws {@link ServiceError} 404; the message has the first difference from the most similar one.
 */
function same(alike: readonly Recorded[], content: Content): Recorded | undefined {
  const equal = alike.filter((recorded) => differenceOf(recorded.content.text, content.text) === undefined);
  const found = equal.find(({ isPlayed }) => !isPlayed) ?? equal.at(-1);
  const nearest = found ?? mostAlike(alike, content);
  const refusal = nearest && mismatch(nearest.content.text, content.text);
  if (refusal) throw refusal;
  return found;
}

/** The error for a request that says something else than its recording; undefined if it says the same. */
export function mismatch(recorded: string, asked: string): ServiceError | undefined {
  const where = differenceOf(recorded, asked);
  if (where === undefined) return undefined;
  const message = `The request differs from the most similar recording, first in: ${where}. With \`strict\` only the same request is answered.`;
  return new ServiceError(404, { message, code: "replay_no_match" });
}

function isAt(head: ExchangeHead, { carrier, method, path }: Asked): boolean {
  return head.carrier === carrier && head.method === method && pathnameOf(head.path) === pathnameOf(path);
}

function missing({ carrier, method, path }: Asked, count: number): string {
  const what = carrier === "websocket" ? `a WebSocket at ${pathnameOf(path)}` : `${method} ${pathnameOf(path)}`;
  return count === 0
    ? `Nothing is recorded for ${what}.`
    : `Of ${what} ${count} ${count === 1 ? "recording is" : "recordings are"} there, and all were played.`;
}

/** What distinguishes a request from others. */
interface Content {
  readonly text: string;
  readonly marks: readonly (string | undefined)[];
}

function contentOf(body: Uint8Array): Content {
  const text = Buffer.from(body).toString("utf8");
  const json = jsonIn(text);
  const fields = isFields(json) ? json : {};
  const input = listIn(fields, "input");
  const last: Fields = input.at(-1) ?? {};
  return {
    text,
    marks: [
      JSON.stringify(fields.input),
      stringIn(fields, "previous_response_id"),
      JSON.stringify(last),
      stringIn(last, "call_id"),
      stringIn(last, "type"),
      String(input.length),
      stringIn(fields, "model"),
      String(fields.stream),
    ],
  };
}

function mostAlike(candidates: readonly Recorded[], { text, marks }: Content): Recorded | undefined {
  let best: Recorded | undefined;
  let most = -1;
  for (const candidate of candidates) {
    const isSame = candidate.content.text === text;
    const score = isSame
      ? Number.POSITIVE_INFINITY
      : marks.filter((mark, index) => mark === candidate.content.marks[index]).length;
    if (score > most) [best, most] = [candidate, score];
  }
  return best;
}
