import { findCalculation, formatNumber } from "./arithmetic.ts";

/** What the model answers from: the newest user text and the ones before it, oldest first. */
export interface Question {
  readonly prompt: string;
  readonly earlierPrompts: readonly string[];
  readonly imageCount: number;
}

interface Topic {
  readonly name: string;
  /** The answer, or undefined when the question is about something else. */
  answer(question: Question): string | undefined;
}

const LONGEST_COUNT = 1000;
const LONGEST_LIST = 20;
const LONGEST_QUOTE = 120;

const SKY = [
  "Because of Rayleigh scattering. Sunlight holds every colour, and air molecules, far smaller than a wavelength of light,",
  "scatter short waves much more than long ones: blue about four times as strongly as red. So red goes mostly straight on,",
  "while blue reaches you from every corner of the sky. Violet is scattered more still, but the sun sends less of it and our",
  "eyes care less. At dusk the light crosses so much air that its blue is gone before it arrives, and the west turns red.",
].join(" ");

const HAIKU = ["Loopback, no one there —", "yet the words arrive in time,", "one small frame by one."].join("\n");

const LIST_WORDS = ["apple", "brook", "candle", "dune", "ember", "fern", "glacier", "harbour", "inlet", "juniper"];

const TOPICS: readonly Topic[] = [
  {
    name: "repetition",
    answer: ({ prompt }) => /^\s*(?:repeat|echo|say)(?: after me)?:\s*([\s\S]+)$/i.exec(prompt)?.[1],
  },
  { name: "the sky", answer: ({ prompt }) => (/\bsky\b/i.test(prompt) && /\bblue\b/i.test(prompt) ? SKY : undefined) },
  { name: "memory", answer: recall },
  { name: "counting", answer: ({ prompt }) => count(prompt) },
  { name: "arithmetic", answer: ({ prompt }) => calculate(prompt) },
  { name: "poetry", answer: ({ prompt }) => (/\bhaiku\b|\bpoem\b/i.test(prompt) ? HAIKU : undefined) },
  { name: "lists", answer: ({ prompt }) => list(prompt) },
  { name: "JSON", answer: (question) => (/\bjson\b/i.test(question.prompt) ? jsonAnswer(question) : undefined) },
  {
    name: "itself",
    answer: ({ prompt }) =>
      /\bwho are you\b|\bwhat are you\b|\byour name\b|^\s*(?:hi|hello|hey)\b/i.test(prompt)
        ? "Hello! I am the codex-wire emulator: no model at all, only a small server on your own machine that speaks the Responses API. Ask me why the sky is blue, what 17*23 is, or to count to ten."
        : undefined,
  },
];

/** The topic of a question, for the reasoning text; undefined if it has none. */
export function topicOf(question: Question): string | undefined {
  return TOPICS.find((topic) => topic.answer(question) !== undefined)?.name;
}

/** Why the model refuses, if it was asked to refuse, so that a program's handling of refusals can be seen. */
export function refusalOf({ prompt }: Question): string | undefined {
  return /\brefuse\b|\bbomb\b|\bmalware\b/i.test(prompt) ? "I’m sorry, but I cannot help with that." : undefined;
}

/** The same answer for the same question, every time. */
export function answerText(question: Question): string {
  for (const topic of TOPICS) {
    const answer = topic.answer(question);
    if (answer !== undefined) return answer;
  }
  return playOn(question);
}

export function quote(text: string): string {
  const line = text.trim().replace(/\s+/g, " ");
  const characters = Array.from(line);
  return `“${characters.length > LONGEST_QUOTE ? `${characters.slice(0, LONGEST_QUOTE).join("")}…` : line}”`;
}

function recall({ prompt, earlierPrompts }: Question): string | undefined {
  const asked =
    /\bwhat did (?:i|we) (?:just |first )?(?:say|ask|talk)\b|\bmy (?:first|last|previous) (?:question|message)\b/i;
  if (!asked.test(prompt)) return undefined;
  const remembered = /\bfirst\b/i.test(prompt) ? earlierPrompts[0] : earlierPrompts.at(-1);
  return remembered === undefined
    ? "Nothing yet: this is the first message I have of yours."
    : `You said: ${quote(remembered)}`;
}

function count(prompt: string): string | undefined {
  const match = /\bcount(?:ing)?\b.*?\bto\s+(\d+|ten|twenty|a hundred)\b/i.exec(prompt)?.[1]?.toLowerCase();
  if (match === undefined) return undefined;
  const words: Readonly<Record<string, number>> = { ten: 10, twenty: 20, "a hundred": 100 };
  const last = Math.min(words[match] ?? Number(match), LONGEST_COUNT);
  return Array.from({ length: last }, (_, index) => String(index + 1)).join(", ");
}

function calculate(prompt: string): string | undefined {
  const calculation = findCalculation(prompt);
  if (!calculation) return undefined;
  const { expression, value } = calculation;
  return Number.isFinite(value)
    ? `${expression} = ${formatNumber(value)}`
    : `${expression} has no value that I can write down.`;
}

function list(prompt: string): string | undefined {
  const match = /\blist\b(?:\s+(?:of|me|out))*\s*(\d+)?/i.exec(prompt);
  if (!match) return undefined;
  const length = Math.max(1, Math.min(Number(match[1] ?? 5), LONGEST_LIST));
  const line = (index: number) => `${index + 1}. ${LIST_WORDS[index % LIST_WORDS.length] ?? ""}`;
  return Array.from({ length }, (_, index) => line(index)).join("\n");
}

function jsonAnswer({ prompt }: Question): string {
  return JSON.stringify({ from: "codex-wire emulator", prompt: prompt.trim(), words: wordsOf(prompt).length }, null, 2);
}

function playOn({ prompt, imageCount }: Question): string {
  const words = wordsOf(prompt);
  if (words.length === 0 && imageCount === 0) {
    return "This is the codex-wire emulator. You sent no text, so here is all I have: silence, well formed and on time.";
  }
  const longest = words.reduce((best, word) => (word.length > best.length ? word : best), "");
  const images =
    imageCount > 0 ? ` I also see ${imageCount === 1 ? "an image" : `${imageCount} images`}, but I have no eyes.` : "";
  const game = longest
    ? ` Your longest word is “${longest}”; backwards it is “${Array.from(longest).reverse().join("")}”.`
    : "";
  return `This is the codex-wire emulator, not a model. You said ${quote(prompt)}, ${words.length} ${words.length === 1 ? "word" : "words"}.${game}${images}`;
}

function wordsOf(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
}
