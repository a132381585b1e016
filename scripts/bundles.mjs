// `npm run test:bundles [-- NAME…]`: the package in the bundles and runtimes that programs are built with. Each row streams a response from the emulator over
// a WebSocket and over HTTP; the size is that of the whole program.
import { execFile } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { installOutside } from "./outside-packages.mjs";
import { ready, root, runScript } from "./ready.mjs";

const PACKAGES = [
  ...[
    "esbuild@0.25",
    "rollup@4",
    "@rollup/plugin-node-resolve@16",
    "@rollup/plugin-commonjs@28",
    "@rollup/plugin-json@6",
  ],
  ...["vite@7", "webpack@5", "@vercel/ncc@0.38", "jest@30", "postject@1.0.0-alpha.6", "bun@1", "deno@2"],
  ...["next@15", "react@19", "react-dom@19"],
];
const FOLDER = join(root, ".cache/bundles");
const OUT = join(FOLDER, "out");
const ANSWER = "17*23 = 391";

const BODY = `
async function main() {
  for (const carrier of ["websocket", "http"]) {
    const provider = openaiProvider({ baseUrl: process.env.EMULATOR_URL, proxy: false });
    const api = new CodexApi({ provider, auth: noAuth() });
    const session = api.session({ carrier });
    const { text } = await (await session.stream({ model: "gpt-5.5", input: "17*23" })).collect();
    console.log(text);
    await api.close();
  }
}
`;
const NAMES = "{ CodexApi, noAuth, openaiProvider }";
const FAIL = "main().catch((error) => { console.error(error); process.exit(1); });\n";
const ESM = `import ${NAMES} from "codex-wire";\n${BODY}${FAIL}`;
const CJS = `const ${NAMES} = require("codex-wire");\n${BODY}${FAIL}`;
const JEST = `let CodexApi, noAuth, openaiProvider;
beforeAll(async () => { (${NAMES} = await import("codex-wire")); });
${BODY}
test("streams", () => main());
`;
const CLIENT = `import { noAuth, openaiProvider, ResponsesClient } from "codex-wire";
const client = new ResponsesClient({ provider: openaiProvider({ baseUrl: process.env.EMULATOR_URL, proxy: false }), auth: noAuth() });
for (let times = 0; times < 2; times += 1) console.log((await (await client.stream({ model: "gpt-5.5", input: "17*23" })).collect()).text);
`;

const ROUTE = `import ${NAMES} from "codex-wire";
export const dynamic = "force-dynamic";
export async function GET() {
  const texts = [];
  const console = { log: (text) => texts.push(text) };
  ${BODY}
  await main();
  return new Response(texts.join("\\n"));
}
`;
const LAYOUT = "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n";
/** Starts what `next build` made and asks its route. */
const ASK_NEXT = `import { spawn } from "node:child_process";
import { once } from "node:events";
const server = spawn(process.execPath, [process.argv[2], "start", "-p", "0"], { stdio: ["ignore", "pipe", "inherit"] });
let output = "";
for await (const piece of server.stdout.setEncoding("utf8")) {
  output += piece;
  const address = output.match(/http:\\/\\/localhost:\\d+/)?.[0];
  if (address === undefined) continue;
  console.log(await (await fetch(address + "/api")).text());
  break;
}
server.kill();
if (server.exitCode === null) await once(server, "exit");
`;

const program = (/** @type {string} */ name) => join(FOLDER, name);
const load = createRequire(join(FOLDER, "package.json"));
const loaded = (/** @type {string} */ name) => import(pathToFileURL(load.resolve(name)).href);
const node = (/** @type {string} */ file, /** @type {string[]} */ ...flags) => [process.execPath, ...flags, file];

/** Each makes its program and returns the command that runs it, and where. */
const ROWS = {
  "node, ESM": async () => node(program("program.mjs")),
  "node, require": async () => node(program("program.cjs")),
  "esbuild, ESM, minified": async () =>
    node(await esbuild("esbuild.mjs", { format: "esm", minify: true, banner: { js: REQUIRE } })),
  "esbuild, CJS": async () => node(await esbuild("esbuild.cjs", { format: "cjs" })),
  "esbuild, the client alone": async () =>
    node(
      await esbuild("client.mjs", {
        entryPoints: [program("client.mjs")],
        format: "esm",
        minify: true,
        banner: { js: REQUIRE },
      }),
    ),
  rollup: async () => {
    const { rollup } = await loaded("rollup");
    const plugins = [];
    for (const name of ["node-resolve", "commonjs", "json"])
      plugins.push((await loaded(`@rollup/plugin-${name}`)).default({ preferBuiltins: true }));
    const bundle = await rollup({ input: program("program.mjs"), plugins, external: OPTIONAL, onwarn: () => {} });
    await bundle.write({
      dir: join(OUT, "rollup"),
      format: "es",
      entryFileNames: "[name].mjs",
      chunkFileNames: "[name].mjs",
    });
    return node(join(OUT, "rollup/program.mjs"));
  },
  "vite, SSR": () => vite("vite", { external: ["codex-wire"] }),
  "vite, SSR, noExternal": () => vite("vite-all", { noExternal: true }),
  webpack: async () => {
    const { default: webpack } = await loaded("webpack");
    const output = { path: join(OUT, "webpack"), filename: "program.cjs" };
    const stats = await promisify(webpack)({
      mode: "production",
      target: "node20",
      entry: program("program.mjs"),
      output,
    });
    if (stats?.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
    return node(join(OUT, "webpack/program.cjs"));
  },
  ncc: async () => {
    await run([
      process.execPath,
      join(FOLDER, "node_modules/@vercel/ncc/dist/ncc/cli.js"),
      "build",
      program("program.mjs"),
      "-o",
      join(OUT, "ncc"),
    ]);
    return node(join(OUT, "ncc", existsSync(join(OUT, "ncc/index.mjs")) ? "index.mjs" : "index.js"));
  },
  "Next.js, bundled": () => nextApp("next-all", ""),
  "Next.js, external": () => nextApp("next", 'serverExternalPackages: ["codex-wire"]'),
  "single executable": async () => {
    const main = await esbuild("sea.cjs", { format: "cjs", minify: true });
    const config = join(OUT, "sea.json");
    const blob = join(OUT, "sea.blob");
    writeFileSync(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
    await run([process.execPath, "--experimental-sea-config", config]);
    const executable = join(OUT, "program");
    copyFileSync(process.execPath, executable);
    const postject = join(FOLDER, "node_modules/postject/dist/cli.js");
    await run([
      process.execPath,
      postject,
      executable,
      "NODE_SEA_BLOB",
      blob,
      "--sentinel-fuse",
      "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2",
    ]);
    return [executable];
  },
  "jest, CJS": async () => {
    writeFileSync(program("program.test.cjs"), JEST);
    const config = JSON.stringify({
      testMatch: ["**/program.test.cjs"],
      rootDir: FOLDER,
      moduleFileExtensions: ["js", "cjs", "mjs"],
      silent: false,
    });
    // Jest before Node 24.9 takes ES modules with this flag alone.
    return [
      process.execPath,
      "--experimental-vm-modules",
      join(FOLDER, "node_modules/jest/bin/jest.js"),
      "--config",
      config,
      "--runInBand",
    ];
  },
  bun: async () => [join(FOLDER, "node_modules/@oven/bun-linux-x64/bin/bun"), program("program.mjs")],
  deno: async () => [join(FOLDER, "node_modules/@deno/linux-x64-glibc/deno"), "run", "-A", program("program.mjs")],
};

/** Codecs and formats that a program may have; no build needs them. */
const OPTIONAL = ["@bokuweb/zstd-wasm", "yaml", "bufferutil", "utf-8-validate"];
// The usual line of an ESM bundle for Lambda: CommonJS packages inside it ask for Node's modules.
const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;

async function esbuild(/** @type {string} */ name, /** @type {object} */ options) {
  const { build } = await loaded("esbuild");
  const outfile = join(OUT, name);
  await build({
    entryPoints: [program("program.mjs")],
    bundle: true,
    platform: "node",
    target: "node20",
    outfile,
    logLevel: "error",
    ...options,
  });
  return outfile;
}

async function vite(/** @type {string} */ name, /** @type {object} */ ssr) {
  const { build } = await loaded("vite");
  const rollupOptions = { output: { entryFileNames: "program.mjs" } };
  const outDir = join(OUT, name);
  await build({
    ...{ root: FOLDER, logLevel: "error", ssr },
    build: { ssr: program("program.mjs"), outDir, rollupOptions },
  });
  return node(join(outDir, "program.mjs"));
}

/** A route handler of Next.js that answers with what the program prints. */
async function nextApp(/** @type {string} */ name, /** @type {string} */ settings) {
  const app = join(FOLDER, name);
  const next = join(FOLDER, "node_modules/next/dist/bin/next");
  rmSync(app, { recursive: true, force: true });
  mkdirSync(join(app, "app/api"), { recursive: true });
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true }));
  writeFileSync(join(app, "next.config.mjs"), `export default { ${settings} };`);
  writeFileSync(join(app, "app/layout.js"), LAYOUT);
  writeFileSync(join(app, "app/api/route.js"), ROUTE);
  writeFileSync(join(app, "ask.mjs"), ASK_NEXT);
  // As it is installed: Next.js takes a package for external that lies in a folder node_modules, and a link does not.
  const installed = join(app, "node_modules/codex-wire");
  for (const part of ["package.json", "dist"]) cpSync(join(root, part), join(installed, part), { recursive: true });
  const quiet = { NEXT_TELEMETRY_DISABLED: "1", CI: "1" };
  await run([process.execPath, next, "build"], { cwd: app, env: quiet, timeoutMs: 300_000 });
  return { command: [process.execPath, "ask.mjs", next], cwd: app };
}

function run(/** @type {string[]} */ [command = "", ...words], { cwd = FOLDER, env = {}, timeoutMs = 120_000 } = {}) {
  return promisify(execFile)(command, words, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    timeout: timeoutMs,
  });
}

/** Of what was built: a file, or all files of its folder. */
function kilobytes(/** @type {string[]} */ command) {
  const file = command.find((word) => word.startsWith(OUT));
  if (!file) return "";
  const folder = join(file, "..");
  const names = folder === OUT ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files =
    folder === OUT ? [file] : names.map((name) => join(folder, name)).filter((each) => statSync(each).isFile());
  return `${Math.round(files.reduce((sum, each) => sum + statSync(each).size, 0) / 1000)} kB`;
}

await runScript(async () => {
  await ready();
  const failure = installOutside("bundles", PACKAGES);
  if (failure !== undefined) {
    process.stdout.write(`skipped: the bundlers cannot be installed\n${failure}\n`);
    return 0;
  }
  const link = join(FOLDER, "node_modules/codex-wire");
  if (!existsSync(link)) symlinkSync(root, link);
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  writeFileSync(program("program.mjs"), ESM);
  writeFileSync(program("program.cjs"), CJS);
  writeFileSync(program("client.mjs"), CLIENT);
  const { startEmulator } = await import(pathToFileURL(join(root, "dist/emulator.js")).href);
  const emulator = await startEmulator();
  const wanted = process.argv.slice(2);
  let failed = 0;
  for (const [name, make] of Object.entries(ROWS)) {
    if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
    try {
      const made = await make();
      const { command, cwd } = Array.isArray(made) ? { command: made, cwd: FOLDER } : made;
      const { stdout, stderr } = await run(command, { cwd, env: { EMULATOR_URL: emulator.url } });
      if (`${stdout}${stderr}`.split(ANSWER).length !== 3) throw new Error(`it printed ${stdout}${stderr}`);
      process.stdout.write(`works    ${name.padEnd(24)} ${kilobytes(command)}\n`);
    } catch (error) {
      failed += 1;
      process.stdout.write(
        `FAILS    ${name.padEnd(24)} ${String(/** @type {{ stderr?: string }} */ (error).stderr || error).slice(0, 1500)}\n`,
      );
    }
  }
  await emulator.close();
  return failed === 0 ? 0 : 1;
});
