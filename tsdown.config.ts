import { defineConfig } from "tsdown";
import { ENTRIES } from "./scripts/entries.mjs";

const entries = Array.from(ENTRIES, ([name, source]) => [name === "." ? "index" : name.slice(2), source]);

// Bundled into a few files: most of the time of a cold import is module resolution.
export default defineConfig({
  entry: { ...Object.fromEntries(entries), cli: "src/cli/start.ts" },
  format: "esm",
  platform: "node",
  target: "node20.19",
  dts: { entry: [...ENTRIES.values()] }, // nobody imports the command
  fixedExtension: false,
  clean: true,
  copy: "src/emulator/workbench/page", // what a browser loads from the emulator
  outputOptions: {
    // One file for the library: by default the bundler would make fifteen, each of which costs a cold import a millisecond.
    codeSplitting: { groups: [{ name: "core", test: isLibrary }] },
    comments: { jsdoc: false }, // a sixth of the package; editors show those of the declarations
  },
});

function isLibrary(id: string): boolean {
  return /src[\\/](api|client)[\\/]/.test(id) && !id.endsWith(".d.ts");
}
