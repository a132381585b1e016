import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const PROJECT = join(import.meta.dirname, "../..");

// Vitest takes the types away unread, so that a test of types alone would always pass.
test("what the types of requests allow, refuse and infer is as its tests say", { timeout: 120_000 }, () => {
  const file = join(PROJECT, "tsconfig.json");
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(file, ts.sys.readFile).config, ts.sys, PROJECT);
  const program = ts.createProgram([join(PROJECT, "test/unit/api/compose/types.test.ts")], options);
  const told = ts.getPreEmitDiagnostics(program).map(({ file: source, start = 0, messageText }) => {
    const line = source ? `${source.fileName}:${source.getLineAndCharacterOfPosition(start).line + 1} ` : "";
    return line + ts.flattenDiagnosticMessageText(messageText, " ");
  });
  expect(told).toEqual([]);
});
