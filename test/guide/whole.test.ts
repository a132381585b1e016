import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { publicOptions } from "../support/guide/options.ts";
import { blocksOf, guidePages, proseOf } from "../support/guide/pages.ts";
import { readProjectFile } from "../support/project-files.ts";

const root = join(import.meta.dirname, "../..");
const pages = guidePages();
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  ...pages,
  "examples/README.md",
];

/** Pages beside the guide that it sends its readers to. */
const linked = Array.from(
  readProjectFile("docs/guide/README.md").matchAll(/\]\(\.\.\/([\w-]+\.md)\)/g),
  ([, to]) => `docs/${to}`,
);

test("every option that a caller can set is named on some page of the guide, or on one that it names", {
  timeout: 60_000,
}, () => {
  const guide = [...pages, ...linked].map((page) => readProjectFile(page)).join("\n");
  const options = publicOptions();
  expect(options.size).toBeGreaterThan(100);
  const missing = [...options].filter(([name]) => !new RegExp(`\\b${name}\\b`).test(guide));
  expect(missing.map(([name, type]) => `${type}.${name}`).sort()).toEqual([]);
});

describe("links", () => {
  test.each(documents)("of %s lead to files and headings that are there", (document) => {
    expect(brokenLinks(document, readProjectFile(document))).toEqual([]);
  });

  test("of the pages in the package lead to files in the package", () => {
    const { files } = JSON.parse(readProjectFile("package.json")) as { readonly files: readonly string[] };
    const isPacked = (path: string) =>
      files.some((pattern) => matchesGlob(path, pattern) || path.startsWith(`${pattern}/`));
    const astray = documents.filter(isPacked).flatMap((document) =>
      linksIn(readProjectFile(document))
        .map((link) => link.split("#")[0] ?? "")
        .filter((path) => path !== "" && !isPacked(join(dirname(document), path).replaceAll("\\", "/")))
        .map((path) => `${document}: ${path}`),
    );
    expect(documents.filter(isPacked).length).toBeGreaterThan(30);
    expect(astray).toEqual([]);
  });

  test("that are broken are found", () => {
    const text =
      "[a](nowhere.md) [b](#nothing) [c](README.md#no-such) [d](README.md) `[e](nothing)`\n\n# Here\n[f](#here)";
    expect(brokenLinks("x.md", text)).toEqual(["nowhere.md", "#nothing", "README.md#no-such"]);
  });
});

test("the guide's first page links to every other, in the order of the site", () => {
  const linked = Array.from(readProjectFile("docs/guide/README.md").matchAll(/\]\(([\w-]+\.md)\)/g), ([, to]) => to);
  const others = pages.map((page) => page.slice("docs/guide/".length)).filter((name) => name !== "README.md");
  expect([...new Set(linked)].sort()).toEqual(others.sort());
});

test("a fence that says what is not known is a mistake, as one that does not say why it is not run", () => {
  expect(() => blocksOf("x.md", "```ts notrun\n```")).toThrow("x.md:1: the fence says notrun");
  expect(() => blocksOf("x.md", '```ts not-run=""\n```')).toThrow("must say why");
  expect(() => blocksOf("x.md", "```ts\n")).toThrow("not closed");
});

/** Links and images that name no address of the web. */
function linksIn(text: string): string[] {
  const prose = proseOf(text).replace(/`[^`\n]*`/g, "");
  const links = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link);
  return links.filter((link) => !/^https?:/.test(link));
}

/** A pattern of `files` in package.json: a name, or a folder's files by `*`. */
function matchesGlob(path: string, pattern: string): boolean {
  const expression = pattern.replace(/[.]/g, "\\.").replaceAll("*", "[^/]*");
  return new RegExp(`^${expression}$`).test(path);
}

/** Links within the project that lead nowhere; addresses of the web are not asked. */
function brokenLinks(document: string, text: string): string[] {
  return linksIn(text).filter((link) => {
    const [path = "", heading] = link.split("#");
    const file = path === "" ? document : join(dirname(document), path).replaceAll("\\", "/");
    if (path !== "" && !existsSync(join(root, file))) return true;
    return heading !== undefined && !headingsOf(path === "" ? text : readProjectFile(file)).includes(heading);
  });
}

/** Anchors as GitHub makes them. */
function headingsOf(text: string): string[] {
  const titles = Array.from(proseOf(text).matchAll(/^#+ (.*)$/gm), ([, title = ""]) => title);
  return titles.map((title) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}
