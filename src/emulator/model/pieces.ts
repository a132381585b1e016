// A word with the white space before it; a long word comes in parts, as from a tokenizer.
const PIECE = /\s*\S{1,12}|\s+$/gu;

/** Cuts text the way a model streams it. The pieces joined are the text; the emulator counts each as one token. */
export function pieces(text: string): readonly string[] {
  return text.match(PIECE) ?? [];
}

/** About what a tokenizer would count for text that nobody streams: four characters each. */
export function estimateTokens(text: string): number {
  return tokensIn(text.length);
}

/** The same, of so many characters. */
export function tokensIn(characters: number): number {
  return Math.ceil(characters / 4);
}
