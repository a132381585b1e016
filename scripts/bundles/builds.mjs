// The bundlers and runtimes that programs with this package are built with.
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { FOLDER, installed, load, OUT, program, run } from "./folder.mjs";
import { nextApp } from "./next-app.mjs";

/** What the builds need from npm. */
export const PACKAGES = [
  "esbuild@0.25",
  "rollup@4",
  "@rollup/plugin-node-resolve@16",
  "@rollup/plugin-commonjs@28",
  "@rollup/plugin-json@6",
  "vite@7",
  "webpack@5",
  "@vercel/ncc@0.38",
  "jest@30",
  "postject@1.0.0-alpha.6",
  "bun@1",
  "deno@2",
  "next@15",
  "react@19",
  "react-dom@19",
];

/** Optional packages, for codecs and formats; no bundle contains them. */
const OPTIONAL = ["@bokuweb/zstd-wasm", "yaml", "bufferutil", "utf-8-validate"];
/** The usual first line of an ESM bundle: CommonJS packages inside it load Node's modules with `require`. */
const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;
/** Marks the place in Node's executable for the program: a constant of Node. */
const SEA_FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const node = (/** @type {string} */ file) => [process.execPath, file];

/**
 * Each makes its program, and returns the command that runs it; with a folder, if it is not run in FOLDER.
 *
 * @type {Record<string, () => Promise<string[] | { command: string[], cwd: string }>>}
 */
export const BUILDS = {
  "node, ESM": async () => node(program("program.mjs")),
  "node, require": async () => node(program("program.cjs")),
  "esbuild, ESM, minified": () => esbuild("program.mjs", "esbuild.mjs", MINIFIED_ESM),
  "esbuild, CJS": () => esbuild("program.mjs", "esbuild.cjs", { format: "cjs" }),
  "esbuild, the client alone": () => esbuild("client.mjs", "client.mjs", MINIFIED_ESM),
  rollup,
  "vite, SSR": () => vite("vite", { external: ["codex-wire"] }),
  "vite, SSR, noExternal": () => vite("vite-all", { noExternal: true }),
  webpack,
  ncc,
  "Next.js, bundled": () => nextApp("next-all", ""),
  "Next.js, external": () => nextApp("next", 'serverExternalPackages: ["codex-wire"]'),
  "single executable": singleExecutable,
  "jest, CJS": async () => jest(),
  bun: async () => [installed("@oven/bun-linux-x64/bin/bun"), program("program.mjs")],
  deno: async () => [installed("@deno/linux-x64-glibc/deno"), "run", "-A", program("program.mjs")],
};

const MINIFIED_ESM = { format: "esm", minify: true, banner: { js: REQUIRE } };

async function esbuild(/** @type {string} */ entry, /** @type {string} */ name, /** @type {object} */ options) {
  const { build } = await load("esbuild");
  const outfile = join(OUT, name);
  const target = { bundle: true, platform: "node", target: "node20", outfile };
  await build({ entryPoints: [program(entry)], ...target, logLevel: "error", ...options });
  return node(outfile);
}

async function rollup() {
  const plugins = [];
  for (const name of ["node-resolve", "commonjs", "json"])
    plugins.push((await load(`@rollup/plugin-${name}`)).default({ preferBuiltins: true }));
  const { rollup: build } = await load("rollup");
  const bundle = await build({ input: program("program.mjs"), plugins, external: OPTIONAL, onwarn: () => {} });
  const dir = join(OUT, "rollup");
  await bundle.write({ dir, format: "es", entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" });
  return node(join(dir, "program.mjs"));
}

async function vite(/** @type {string} */ name, /** @type {object} */ ssr) {
  const { build } = await load("vite");
  const rollupOptions = { output: { entryFileNames: "program.mjs" } };
  const outDir = join(OUT, name);
  await build({
    root: FOLDER,
    logLevel: "error",
    ssr,
    build: { ssr: program("program.mjs"), outDir, rollupOptions },
  });
  return node(join(outDir, "program.mjs"));
}

async function webpack() {
  const { default: build } = await load("webpack");
  const output = { path: join(OUT, "webpack"), filename: "program.cjs" };
  const stats = await promisify(build)({
    mode: "production",
    target: "node20",
    entry: program("program.mjs"),
    output,
  });
  if (stats?.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  return node(join(OUT, "webpack/program.cjs"));
}

async function ncc() {
  const command = node(installed("@vercel/ncc/dist/ncc/cli.js"));
  await run([...command, "build", program("program.mjs"), "-o", join(OUT, "ncc")]);
  return node(join(OUT, "ncc", existsSync(join(OUT, "ncc/index.mjs")) ? "index.mjs" : "index.js"));
}

async function singleExecutable() {
  const [, main] = await esbuild("program.mjs", "sea.cjs", { format: "cjs", minify: true });
  const config = join(OUT, "sea.json");
  const blob = join(OUT, "sea.blob");
  writeFileSync(config, JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
  await run([process.execPath, "--experimental-sea-config", config]);
  const executable = join(OUT, "program");
  copyFileSync(process.execPath, executable);
  const postject = node(installed("postject/dist/cli.js"));
  await run([...postject, executable, "NODE_SEA_BLOB", blob, "--sentinel-fuse", SEA_FUSE]);
  return [executable];
}

function jest() {
  const config = JSON.stringify({
    testMatch: ["**/program.test.cjs"],
    rootDir: FOLDER,
    moduleFileExtensions: ["js", "cjs", "mjs"],
    silent: false,
  });
  // Before Node 24.9 jest needs this flag to load ES modules.
  const command = [process.execPath, "--experimental-vm-modules", installed("jest/bin/jest.js")];
  return [...command, "--config", config, "--runInBand"];
}
