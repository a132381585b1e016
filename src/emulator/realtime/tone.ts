/** Samples per second of all audio before it is coded: 16 bits, one channel. */
export const SAMPLE_RATE = 24_000;

const LOUDNESS = 6_000;
/** Fading in and out avoids clicks. */
const FADE_SAMPLES = 240;
const SAMPLES_PER_LETTER = SAMPLE_RATE / 16;
const LOWEST_HZ = 220;
/** Semitones of a pentatonic scale, which sound well in any order. */
const SCALE = [0, 2, 4, 7, 9, 12];

/** The sound of a word: one tone, as long as the word, with a pitch determined by its letters. */
export function toneOf(word: string): Int16Array {
  const length = Math.round(Array.from(word).length * SAMPLES_PER_LETTER);
  const letters = Array.from(word.trim()).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  const hertz = LOWEST_HZ * 2 ** ((SCALE[letters % SCALE.length] ?? 0) / 12);
  return Int16Array.from({ length }, (_, index) => {
    const fade = Math.min(1, index / FADE_SAMPLES, (length - 1 - index) / FADE_SAMPLES);
    return Math.round(LOUDNESS * fade * Math.sin((2 * Math.PI * hertz * index) / SAMPLE_RATE));
  });
}
