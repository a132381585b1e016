import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "../../src/emulator/index.ts";
import { type Block, blocksOf, guidePages } from "../support/guide/pages.ts";
import { compile, isCode, run, says } from "../support/guide/programs.ts";

const pages = ["README.md", ...guidePages()];
const blocks = pages.flatMap((page) => blocksOf(page));
const checked = blocks.filter((block) => isCode(block) && !block.says.has("not-checked"));
const runnable = blocks.filter(
  (block) =>
    (checked.includes(block) || (block.language === "sh" && process.platform !== "win32")) &&
    !block.says.has("not-run"),
);

let complaints: Map<Block, string[]>;
let emulator: Emulator;

beforeAll(async () => {
  complaints = compile(checked);
  emulator = await startEmulator();
}, 60_000);
afterAll(() => emulator.close());

test("README.md and every page of the guide have a program that is run", () => {
  const without = pages.filter((page) => !runnable.some((block) => block.page === page));
  expect(without).toEqual([]);
});

test("every block is of a language that is checked, is what a program prints, or a setting of somebody else's program", () => {
  const languages = new Set(["ts", "js", "sh", "json", "yaml", "text", "toml", "nginx"]);
  expect(blocks.filter(({ language }) => !languages.has(language)).map(nameOf)).toEqual([]);
});

describe.each(pages)("%s", (page) => {
  const here = (list: readonly Block[]) => list.filter((block) => block.page === page);

  test("compiles, each block as a program of its own", () => {
    expect(here(checked).flatMap((block) => complaints.get(block) ?? [])).toEqual([]);
  });

  test("has JSON that is JSON", () => {
    for (const { language, text } of here(blocks)) if (language === "json") JSON.parse(text);
  });

  test.concurrent.each(here(runnable).map((block) => [block.line, block] as const))(
    "runs its block at line %i, which ends well and prints what the page says",
    async (_line, block) => {
      const { status, stdout, stderr } = await run(block, emulator.url);
      expect(status, `${nameOf(block)}\n${stdout}${stderr}`).toBe(0);
      if (block.output !== undefined && !says(stdout, block.output)) expect(stdout.trim()).toBe(block.output.trim());
    },
    40_000,
  );
});

function nameOf({ page, line }: Block): string {
  return `${page}:${line}`;
}
