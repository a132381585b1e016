import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readProjectFile } from "../project-files.ts";

const root = join(import.meta.dirname, "../../..");

/** A fenced block of a page. */
export interface Block {
  /** From the project's root, with forward slashes. */
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Words after the language of the fence: `not-run="why"`. A word without a value has an empty one. */
  readonly says: ReadonlyMap<string, string>;
  /** Output of the program, if a block `text output` follows. */
  readonly output?: string;
}

/** The pages of the guide, from the project's root. */
export function guidePages(): string[] {
  const names = readdirSync(join(root, "docs/guide")).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => `docs/guide/${name}`);
}

/** Words that a fence may have. Others are errors: a misspelt one would leave a block unchecked. */
const WORDS = new Set(["not-run", "not-checked", "until", "output"]);

/** @throws {Error} A fence is not closed, or has an unknown word. */
export function blocksOf(page: string, text = readProjectFile(page)): Block[] {
  const found: Block[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const fence = /^```(\S*)(.*)$/.exec(lines[index] ?? "");
    if (!fence) continue;
    const [, language = "", rest = ""] = fence;
    const end = lines.indexOf("```", index + 1);
    if (end === -1) throw new Error(`${page}:${index + 1}: the fence is not closed`);
    const block: Block = {
      page,
      line: index + 1,
      language,
      text: lines.slice(index + 1, end).join("\n"),
      says: wordsOf(rest, `${page}:${index + 1}`),
    };
    const before = found.at(-1);
    if (block.says.has("output") && before) found[found.length - 1] = { ...before, output: block.text };
    else found.push(block);
    index = end;
  }
  return found;
}

function wordsOf(rest: string, where: string): Map<string, string> {
  const words = new Map<string, string>();
  for (const [whole, name = "", value = ""] of rest.matchAll(/(\S+?)="([^"]*)"|\S+/g)) words.set(name || whole, value);
  for (const [name, value] of words) {
    if (!WORDS.has(name)) throw new Error(`${where}: the fence says ${name}; it may say ${[...WORDS].join(", ")}`);
    if (name.startsWith("not-") && value === "") throw new Error(`${where}: ${name} must say why`);
  }
  return words;
}

/** Text of a page without its blocks. */
export function proseOf(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, "");
}
