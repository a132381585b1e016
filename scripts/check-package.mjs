// Checks the package as users get it: packed, installed into an empty folder, and there imported, type-checked and run.
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages } from "./outside/npm-packages.mjs";
import { installTarball, pack } from "./packed.mjs";
import { binary, ensureSuccess, readJson, ready, root, runScript } from "./ready.mjs";

const MAX_PACKAGES = 8;
const MAX_INSTALLED_BYTES = 5_000_000;

const NODENEXT = ["--module", "nodenext"];
const NODE16 = ["--module", "node16", "--moduleResolution", "node16"];
const BUNDLER = ["--module", "esnext", "--moduleResolution", "bundler"];

/** Compilers of users with their options; the oldest and the newest with all of them. @type {readonly (readonly [string, string, readonly string[][]])[]} */
const COMPILERS = [
  ["typescript-5.4", "5.4", [NODENEXT, NODE16, BUNDLER]],
  ["typescript-5.9", "5.9", [NODENEXT]],
  ["typescript-6.0", "6.0", [NODENEXT]],
  ["typescript-7.0", "7.0", [NODENEXT, NODE16, BUNDLER]],
];

/** Entries that need an optional peer, which is not installed here; `npm run test:interop` has them. */
const NEED_PEERS = ["./ai-sdk", "./openai-agents", "./opentelemetry"];
const FOREIGN = / from "(?!codex-wire(\/client|\/emulator)?")/;

const scratch = mkdtempSync(join(tmpdir(), "codex-wire-package-"));
await runScript(async () => {
  await ready();
  try {
    const { tarball, paths } = pack(scratch);
    checkFiles(paths);
    node("publint", [binary("publint"), "run", tarball, "--strict"]);
    node("attw", [binary("@arethetypeswrong/cli", "attw"), tarball, "--profile", "esm-only"]);
    const project = install(tarball);
    checkSize(project);
    checkEntries(project);
    checkTypes(project);
    checkReadme(project);
    checkCommand(project);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

function checkFiles(/** @type {readonly string[]} */ paths) {
  const linked = readFileSync(join(root, "README.md"), "utf8").matchAll(/\]\(([\w./-]+)\)/g);
  for (const wanted of ["LICENSE", "CHANGELOG.md", ...Array.from(linked, ([, path = ""]) => path)]) {
    if (!paths.includes(wanted)) throw new Error(`the package lacks ${wanted}`);
  }
  const strange = paths.filter(
    (path) =>
      !/^(dist\/.*\.(js|d\.ts)|dist\/page\/page\.(html|css)|docs\/(guide\/)?[\w-]+\.md|docs\/images\/[\w-]+\.(svg|png)|examples\/[\w-]+\.(mjs|md)|[A-Z]+(\.md)?|package\.json)$/.test(
        path,
      ),
  );
  if (strange.length > 0) throw new Error(`the package contains files that users do not need: ${strange.join(", ")}`);
}

function install(/** @type {string} */ tarball) {
  const project = join(scratch, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  installTarball(tarball, project);
  return project;
}

function checkSize(/** @type {string} */ project) {
  const installed = Object.keys(readJson(join(project, "node_modules", ".package-lock.json")).packages);
  const bytes = sizeOf(join(project, "node_modules"));
  const sizes = `${installed.length} packages, ${(bytes / 1e6).toFixed(2)} MB installed`;
  process.stdout.write(`${sizes} (at most ${MAX_PACKAGES} and ${MAX_INSTALLED_BYTES / 1e6} MB)\n`);
  if (installed.length > MAX_PACKAGES || bytes > MAX_INSTALLED_BYTES) throw new Error(`too large: ${sizes}`);
}

/** @returns {number} */
function sizeOf(/** @type {string} */ path) {
  const status = lstatSync(path);
  if (!status.isDirectory()) return status.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function entries() {
  const left = ["./package.json", ...NEED_PEERS];
  const names = Object.keys(readJson(join(root, "package.json")).exports).filter((name) => !left.includes(name));
  return names.map((name) => `codex-wire${name.slice(1)}`);
}

function checkEntries(/** @type {string} */ project) {
  for (const entry of entries()) {
    const code = `const names = Object.keys(await import(${JSON.stringify(entry)})); if (names.length === 0) throw new Error("exports nothing");`;
    node(`import of ${entry}`, ["--input-type=module", "--eval", code], project);
  }
}

// With skipLibCheck off, a declaration that needs types the user does not have is an error.
function checkTypes(/** @type {string} */ project) {
  const lines = entries().map(
    (entry, index) => `import * as entry${index} from ${JSON.stringify(entry)};\nvoid entry${index};`,
  );
  const files = [lines.join("\n"), ...examplesOf("README.md"), ...documentedExamples()].map((text, index) => {
    writeFileSync(join(project, `use${index}.ts`), `${text}\nexport {};\n`);
    return `use${index}.ts`;
  });
  const compilers = installPackages(
    "typescript",
    COMPILERS.map(([name, version]) => `${name}@npm:typescript@${version}`),
  );
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
  const options = [...strict, "--noEmit", "--target", "es2022", "--lib", "esnext"];
  const nodeTypes = ["--typeRoots", join(root, "node_modules", "@types"), "--types", "node"];
  for (const [name, version, ways] of COMPILERS) {
    const compiler = join(compilers, "node_modules", name, "bin", "tsc");
    for (const way of ways) {
      const what = `tsc ${version} ${way.join(" ")}, for a file that imports each entry and the examples of README.md and docs,`;
      node(what, [compiler, ...options, ...way, ...nodeTypes, ...files], project);
    }
  }
}

/** Runs the examples that need no key. */
function checkReadme(/** @type {string} */ project) {
  const runnable = examplesOf("README.md").filter((text) => text.includes('"codex-wire/emulator"'));
  if (runnable.length === 0) throw new Error("README.md has no example that runs against the emulator");
  for (const text of runnable) {
    const args = ["--input-type=module", "--eval", text];
    const { stdout } = node(`this example of README.md:\n${text}\nIt`, args, project);
    if (stdout.trim() === "") throw new Error(`this example of README.md prints nothing:\n${text}`);
  }
}

/** The TypeScript examples of a page. */
function examplesOf(/** @type {string} */ page) {
  const blocks = readFileSync(join(root, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g);
  return Array.from(blocks, ([, text = ""]) => text);
}

/** The examples of docs/ that import no other package. */
function documentedExamples() {
  const names = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  const pages = names.filter((name) => name.endsWith(".md") && name !== "doors.md"); // its examples are not complete programs
  return pages.flatMap((page) => examplesOf(join("docs", page))).filter((text) => !FOREIGN.test(text));
}

function checkCommand(/** @type {string} */ project) {
  const { version } = readJson(join(root, "package.json"));
  const command = join(project, "node_modules", "codex-wire", readJson(join(root, "package.json")).bin["codex-wire"]);
  const { stdout } = node("codex-wire --version", [command, "--version"], project);
  if (!stdout.includes(version))
    throw new Error(`codex-wire --version printed ${JSON.stringify(stdout)}, not ${version}`);
  if (process.platform === "win32") return;
  const linked = join(project, "node_modules", ".bin", "codex-wire");
  ensureSuccess("the installed command", spawnSync(linked, ["--help"], { cwd: project, encoding: "utf8", input: "" }));
}

/**
 * @param {string} what
 * @param {readonly string[]} args
 * @param {string} [cwd]
 */
function node(what, args, cwd = root) {
  return ensureSuccess(what, spawnSync(process.execPath, args, { cwd, encoding: "utf8", input: "" }));
}
