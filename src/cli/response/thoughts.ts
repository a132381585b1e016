import { hasColour } from "../terminal/window.ts";

const PALE = "\u001b[2m";
const PLAIN = "\u001b[22m";

/** Summaries of reasoning on standard error, set apart from the answer: under a heading, pale where the terminal has colours, a blank line behind. */
export class Thoughts {
  readonly #stream: NodeJS.WriteStream;
  readonly #isPale: boolean;
  #isOpen = false;
  #beginsPart = false;

  constructor(stream: NodeJS.WriteStream = process.stderr, env = process.env) {
    this.#stream = stream;
    this.#isPale = hasColour(stream, env);
  }

  /** What is said next is another part of the summary. */
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

  /** The answer, or something else, follows. Without effect where nothing was said. */
  end(): void {
    if (this.#isOpen) this.#stream.write("\n\n");
    this.#isOpen = false;
  }

  // Each piece opens and closes its colour: whatever interrupts the program leaves the terminal as it was.
  #write(text: string): void {
    this.#stream.write(this.#isPale ? `${PALE}${text}${PLAIN}` : text);
  }
}
