import { columnsOf } from "./window.ts";

const BETWEEN_MS = 100;

/** The progress of an upload, on one line of standard error that is overwritten; silent if that is not a terminal. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #now: () => number;
  #shownAt = Number.NEGATIVE_INFINITY;
  #length = 0;

  constructor(stream: NodeJS.WriteStream = process.stderr, now: () => number = performance.now.bind(performance)) {
    this.#stream = stream;
    this.#now = now;
  }

  show({ sentBytes, totalBytes }: { readonly sentBytes: number; readonly totalBytes: number }): void {
    if (!this.#stream.isTTY) return;
    const now = this.#now();
    if (sentBytes < totalBytes && now - this.#shownAt < BETWEEN_MS) return;
    this.#shownAt = now;
    const percent = totalBytes === 0 ? 100 : Math.floor((sentBytes / totalBytes) * 100);
    const text = `${megabytes(sentBytes)} of ${megabytes(totalBytes)} MB (${percent} %)`;
    const line = text.slice(0, (columnsOf(this.#stream) ?? text.length + 1) - 1);
    this.#stream.write(`\r${line.padEnd(this.#length)}`);
    this.#length = line.length;
  }

  /** Clears the line. */
  end(): void {
    if (this.#length > 0) this.#stream.write(`\r${" ".repeat(this.#length)}\r`);
    this.#length = 0;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
