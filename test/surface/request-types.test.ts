import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");

// Vitest removes the types without checking them, so a test of types would always pass.
test.each([
  ["what the types of requests allow, refuse and infer", "test/unit/api/compose/types.test.ts"],
  ["that undefined is allowed wherever callers may leave something out", "test/surface/undefined-inputs.test.ts"],
])("%s is as its tests say", { timeout: 120_000 }, (_what, file) => {
  const config = join(PROJECT, "tsconfig.json");
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, PROJECT);
  const path = join(PROJECT, file);
  const program = ts.createProgram([path], options);
  // Only this file: `npm run check` checks all, which takes five times as long.
  const source = program.getSourceFile(path)!;
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  const told = found.map(({ start = 0, messageText }) => {
    const { line } = source.getLineAndCharacterOfPosition(start);
    return `${path}:${line + 1} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
  expect(told).toEqual([]);
});
