import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import ts from "typescript";
import { COMMAND } from "../command.ts";
import type { Block } from "./pages.ts";

const root = join(import.meta.dirname, "../../..");
/** In the project, so that `import "codex-wire"` finds the built package as in a user's program. */
const PLACE = join(root, ".cache", "guide");
const COMMAND_FOLDER = join(PLACE, "bin");
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const COMPILER: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
};

const CODE = new Set(["ts", "js"]);

export function isCode({ language }: Block): boolean {
  return CODE.has(language);
}

/** Writes and compiles the blocks against the built package's types. @returns The compiler's complaints, by block. */
export function compile(blocks: readonly Block[]): Map<Block, string[]> {
  rmSync(PLACE, { recursive: true, force: true });
  const files = new Map(blocks.map((block) => [sourceOf(block), block]));
  for (const [path, { text }] of files) {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, `${text}\nexport {};\n`);
  }
  writeCommand();
  const program = ts.createProgram([...files.keys()], COMPILER);
  program.emit();
  const complaints = new Map<Block, string[]>();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const block = file && files.get(file.fileName);
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (!block || !file) throw new Error(`${file?.fileName ?? "the compiler"}: ${message}`);
    const line = block.line + 1 + file.getLineAndCharacterOfPosition(start).line;
    complaints.set(block, [...(complaints.get(block) ?? []), `${block.page}:${line}: ${message}`]);
  }
  return complaints;
}

function folderOf({ page, line }: Block): string {
  return join(PLACE, `${page.replace(/^.*\//, "").replace(/\.md$/, "")}-${line}`);
}

function sourceOf(block: Block): string {
  const isTest = /from "vitest"/.test(block.text);
  return join(folderOf(block), isTest ? "block.test.mts" : "block.mts").replaceAll("\\", "/");
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a block in a folder that holds `photo.png` and `report.pdf`, with `codex-wire` on its path. */
export function run(block: Block, baseUrl: string): Promise<Ran> {
  const folder = folderOf(block);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "vitest.config.mjs"), "export default {};\n"); // not the project's own
  writeFileSync(join(folder, "photo.png"), Buffer.from(PIXEL, "base64"));
  writeFileSync(join(folder, "report.pdf"), "%PDF-1.4\n");
  const [program = "", ...args] = commandFor(block, folder);
  const env = {
    PATH: [COMMAND_FOLDER, process.env.PATH].join(delimiter),
    HOME: folder,
    OPENAI_BASE_URL: baseUrl,
    OPENAI_API_KEY: "sk-example",
    OPENAI_WEBHOOK_SECRET: "whsec_ZXhhbXBsZQ==",
  };
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  const until = block.says.get("until");
  let wasEnough = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (until === undefined || !stdout.includes(until)) return;
    wasEnough = true;
    child.kill();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: wasEnough ? 0 : status, stdout, stderr }));
  });
}

function commandFor(block: Block, folder: string): string[] {
  if (block.language === "sh") {
    writeFileSync(join(folder, "block.sh"), block.text);
    return ["bash", "-eu", join(folder, "block.sh")];
  }
  const source = sourceOf(block);
  if (source.endsWith(".test.mts")) {
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    return [process.execPath, vitest, "run", "--root", folder];
  }
  return [process.execPath, source.replace(/\.mts$/, ".mjs")];
}

/** The built command, under the name that it has when installed. */
function writeCommand(): void {
  const launcher = join(COMMAND_FOLDER, "codex-wire");
  mkdirSync(COMMAND_FOLDER, { recursive: true });
  writeFileSync(launcher, `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
  chmodSync(launcher, 0o755);
}

/** Whether a text is as expected; `…` matches anything. */
export function says(actual: string, expected: string): boolean {
  const parts = expected.trim().split("…");
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[\\s\\S]*?");
  return new RegExp(`^${pattern}$`).test(actual.trim());
}
