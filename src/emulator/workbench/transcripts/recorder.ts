import { createWriteStream, existsSync, mkdirSync, readdirSync, type WriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { pathnameOf } from "../../routes.ts";
import { CredentialFilter } from "../credentials.ts";
import type { Exchange } from "../exchanges/exchange.ts";
import type { Entry } from "../exchanges/passed.ts";
import type { Traffic, TrafficListener } from "../exchanges/traffic.ts";
import { entryWithoutPrompts, headWithoutPrompts } from "./prompts.ts";
import { encodeEntry, encodeHead } from "./transcript.ts";

export const EXTENSION = ".transcript.txt";

export interface RecorderOptions {
  /** `false`: the texts of requests are blanked in the files; ids and structure are kept. @default `true` */
  readonly prompts?: boolean | undefined;
  /** Called when a file cannot be written; requests are still passed on. Not called by default. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/**
 * Writes each exchange to its own file as it happens, without credentials: `0001-post-v1-responses.transcript.txt`. Transcripts that are
 * already in the folder are kept.
 */
export class Recorder implements TrafficListener {
  readonly #folder: string;
  readonly #options: RecorderOptions;
  readonly #files = new Map<number, { readonly file: WriteStream; readonly filter: CredentialFilter }>();
  readonly #closing = new Set<Promise<void>>();
  readonly #stop: () => void;
  #count: number;

  /** @throws The system's error if the folder cannot be created. */
  constructor(traffic: Traffic, folder: string, options: RecorderOptions = {}) {
    makeFolder(folder);
    this.#folder = folder;
    this.#options = options;
    this.#count = Math.max(
      0,
      ...readdirSync(folder).map((name) => Number(/^(\d+)-.*\.transcript\.txt$/.exec(name)?.[1] ?? 0)),
    );
    this.#stop = traffic.listen(this);
  }

  begun({ id, head }: Exchange): void {
    this.#count += 1;
    const filter = new CredentialFilter(head);
    const clean = filter.head(head);
    const file = createWriteStream(
      join(this.#folder, `${String(this.#count).padStart(4, "0")}-${nameOf(clean)}${EXTENSION}`),
    );
    this.#closing.add(
      new Promise((resolve) => {
        file.on("close", resolve);
        file.on("error", (error) => this.#options.onError?.(error));
      }),
    );
    this.#files.set(id, { file, filter });
    file.write(encodeHead(this.#options.prompts === false ? headWithoutPrompts(clean) : clean));
  }

  passed({ id }: Exchange, entry: Entry): void {
    const { file, filter } = this.#files.get(id) ?? {};
    if (!file || !filter) return;
    const clean = filter.entry(entry);
    file.write(encodeEntry(this.#options.prompts === false ? entryWithoutPrompts(clean) : clean));
    if (entry.kind !== "end") return;
    this.#files.delete(id);
    file.end();
  }

  /** Resolves when everything has been written. */
  async close(): Promise<void> {
    this.#stop();
    for (const { file } of this.#files.values()) file.end();
    this.#files.clear();
    await Promise.all(this.#closing);
  }
}

/**
 * Creates a folder with those above it. Node's own `recursive` never returns where none can be created below one that exists, as in
 * `/proc`.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  mkdirSync(path);
}

function nameOf({ carrier, method, path }: Exchange["head"]): string {
  const pathname = pathnameOf(path)
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return `${carrier === "websocket" ? "websocket" : method.toLowerCase()}-${pathname.slice(0, 60) || "root"}`;
}
