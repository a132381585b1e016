import ts from "typescript";
import { expect, test } from "vitest";
import { readProjectFile, typescriptFiles } from "../support/project-files.ts";

// Without one of these words a user cannot know what happens if the option is not given.
const SAYS_DEFAULT =
  /@default (?!`?undefined)|\b[Bb]y default\b|\bDefault\b|\bunless\b|keeps the (service's|session's)|Required with/;

/** Everybody knows what a call without a signal does. */
const CLEAR_BY_KIND: ReadonlySet<string> = new Set(["signal"]);

const OPTIONS = /^interface (\w+(?:Options|Config|Policy|Settings|Identity|Certificate))\b/gm;

interface Declared {
  readonly path: string;
  readonly declaration: ts.InterfaceDeclaration;
}

test("every optional property of the options that users give says what happens without it", () => {
  const declared = interfaces();
  const seen = new Set<ts.InterfaceDeclaration>();
  const silent = optionNames().flatMap((name) => silentProperties(name, declared, seen));
  expect(seen.size).toBeGreaterThan(40);
  expect(silent).toEqual([]);
});

function optionNames(): string[] {
  const entries = ["", "-client", "-emulator", "-fetch", "-gateway", "-ai-sdk", "-openai-agents", "-opentelemetry"];
  const reports = entries.map((entry) => readProjectFile(`api-report/codex-wire${entry}.txt`));
  return reports.flatMap((report) => Array.from(report.matchAll(OPTIONS), ([, name = ""]) => name));
}

function interfaces(): Map<string, Declared[]> {
  const found = new Map<string, Declared[]>();
  for (const { path, text } of typescriptFiles("src")) {
    ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true).forEachChild((node) => {
      if (!ts.isInterfaceDeclaration(node)) return;
      const name = node.name.text;
      found.set(name, [...(found.get(name) ?? []), { path, declaration: node }]);
    });
  }
  return found;
}

/** Those of the type, and of the types that it extends. */
function silentProperties(
  name: string,
  declared: ReadonlyMap<string, readonly Declared[]>,
  seen: Set<ts.InterfaceDeclaration>,
): string[] {
  return (declared.get(name) ?? []).flatMap(({ path, declaration }) => {
    if (seen.has(declaration)) return [];
    seen.add(declaration);
    const bases = declaration.heritageClauses?.flatMap(({ types }) => types.map((type) => type.getText())) ?? [];
    const named = bases.flatMap((base) => base.match(/\w+/g) ?? []);
    const ofAll = SAYS_DEFAULT.test(docOf(declaration));
    const own = declaration.members.flatMap((member) => {
      if (!ts.isPropertySignature(member) || !member.questionToken || ofAll) return [];
      const property = member.name.getText();
      if (CLEAR_BY_KIND.has(property) || SAYS_DEFAULT.test(docOf(member))) return [];
      return [`${path}: ${name}.${property}`];
    });
    return [...own, ...named.flatMap((base) => silentProperties(base, declared, seen))];
  });
}

function docOf(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).map((doc) => doc.getText());
  return docs.join(" ").replace(/\s*\n\s*\* ?/g, " ");
}
