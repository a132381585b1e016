// A word with the white space before it; a long word is split, as by a tokenizer.
const PIECE = /\s*\S{1,12}|\s+$/gu;

/** Cuts text into pieces as a model streams it. Joined, the pieces are the text; the emulator counts each as one token. */
export function pieces(text: string): readonly string[] {
  return text.match(PIECE) ?? [];
}

/** Roughly what a tokenizer would count for text that is not streamed: four characters per token. */
export function estimateTokens(text: string): number {
  return tokensIn(text.length);
}

/** The same, for a number of characters. */
export function tokensIn(characters: number): number {
  return Math.ceil(characters / 4);
}
