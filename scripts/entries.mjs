/**
 * What programs can import: the source of each entry, by its name in `exports` of package.json. The build, the report
 * of the public surface and the reference are made from it.
 *
 * @type {ReadonlyMap<string, string>}
 */
export const ENTRIES = new Map([
  [".", "src/index.ts"],
  ["./client", "src/client/index.ts"],
  ["./emulator", "src/emulator/index.ts"],
  ["./ai-sdk", "src/doors/ai-sdk/index.ts"],
  ["./openai-agents", "src/doors/openai-agents/index.ts"],
  ["./opentelemetry", "src/doors/opentelemetry/index.ts"],
  ["./fetch", "src/doors/fetch/index.ts"],
  ["./gateway", "src/doors/gateway/index.ts"],
]);
