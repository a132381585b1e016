import { hasColour } from "../terminal/window.ts";

const PALE = "\u001b[2m";
const PLAIN = "\u001b[22m";

/**
 * Prints reasoning summaries on standard error, apart from the answer: under a heading, dimmed if the terminal has colours, followed by a
 * blank line.
 */
export class Thoughts {
  readonly #stream: NodeJS.WriteStream;
  readonly #isPale: boolean;
  #isOpen = false;
  #beginsPart = false;

  constructor(stream: NodeJS.WriteStream = process.stderr, env = process.env) {
    this.#stream = stream;
    this.#isPale = hasColour(stream, env);
  }

  /** The next text is another part of the summary. */
  beginPart(): void {
    this.#beginsPart = this.#isOpen;
  }

  say(text: string): void {
    if (!this.#isOpen) this.#write("reasoning:\n");
    this.#isOpen = true;
    if (this.#beginsPart) this.#write("\n\n");
    this.#beginsPart = false;
    this.#write(text);
  }

  /** The answer, or something else, follows. Without effect if nothing was printed. */
  end(): void {
    if (this.#isOpen) this.#stream.write("\n\n");
    this.#isOpen = false;
  }

  // Each piece switches its colour on and off, so an interruption leaves the terminal as it was.
  #write(text: string): void {
    this.#stream.write(this.#isPale ? `${PALE}${text}${PLAIN}` : text);
  }
}
