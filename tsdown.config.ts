import { defineConfig } from "tsdown";

// Bundled into a few files: a cold import is mostly module resolution, and one file per concept would cost it twice over.
export default defineConfig({
  entry: {
    index: "src/index.ts",
    client: "src/client/index.ts",
    emulator: "src/emulator/index.ts",
    "ai-sdk": "src/doors/ai-sdk/index.ts",
    "openai-agents": "src/doors/openai-agents/index.ts",
    opentelemetry: "src/doors/opentelemetry/index.ts",
    fetch: "src/doors/fetch/index.ts",
    gateway: "src/doors/gateway/index.ts",
    cli: "src/cli/main.ts",
  },
  format: "esm",
  platform: "node",
  target: "node20.19",
  dts: { entry: ["src/index.ts", "src/client/index.ts", "src/emulator/index.ts", "src/doors/*/index.ts"] }, // nobody imports the command
  fixedExtension: false,
  clean: true,
  copy: "src/emulator/workbench/page", // what a browser loads from the emulator
  // One file for the library: left to itself the bundler cuts it into fifteen along its entries, and each costs a cold import a millisecond.
  outputOptions: { codeSplitting: { groups: [{ name: "core", test: isLibrary }] } },
});

function isLibrary(id: string): boolean {
  return /src[\\/](api|client)[\\/]/.test(id) && !id.endsWith(".d.ts");
}
