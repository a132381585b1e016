import { expect, test } from "vitest";
import { readProjectFile, typescriptFiles } from "../support/project-files.ts";

const ID = /[a-z]+\/[a-z0-9-]+/;
const rows = [...readProjectFile("docs/parity.md").matchAll(new RegExp(`^\\| \`(${ID.source})\` \\|(.*)\\|$`, "gm"))];
const ids = rows.map(([, id = ""]) => id);

/** `parity: a/b`, or several ids with commas between; in titles, comments and docstrings. */
function citations(text: string): string[] {
  const lists = text.matchAll(new RegExp(`parity:\\s+((?:\`?${ID.source}\`?(?:,\\s+)?)+)`, "g"));
  return [...lists].flatMap(([, list = ""]) => list.match(new RegExp(ID, "g")) ?? []);
}

const tests = typescriptFiles("test").filter(({ path }) => !path.startsWith("test/surface/"));
const citedByTests = new Set(tests.flatMap(({ text }) => citations(text)));

test("citations are found one by one and in lists", () => {
  expect(citations("/** x (parity: `a/b`) */ test('y (parity: c/d-1, e/f)') // parity of a/b")).toEqual([
    "a/b",
    "c/d-1",
    "e/f",
  ]);
});

test("no row of docs/parity.md stands twice", () => {
  expect(ids.length).toBeGreaterThan(30);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test("every row says what the reference does, what we do and why", () => {
  for (const [row, , cells = ""] of rows) {
    const texts = cells.split(/(?<!\\)\|/).map((cell) => cell.trim());
    expect(texts, row).toHaveLength(3);
    expect(texts, row).not.toContain("");
  }
});

test("every row is cited by a test", () => {
  expect(ids.filter((id) => !citedByTests.has(id))).toEqual([]);
});

test("whatever is cited stands in docs/parity.md", () => {
  const cited = [...tests, ...typescriptFiles("src")].flatMap(({ path, text }) =>
    citations(text).map((id) => ({ path, id })),
  );
  expect(cited.filter(({ id }) => !ids.includes(id))).toEqual([]);
});
