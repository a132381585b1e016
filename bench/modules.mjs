// What the benchmarks load, named in ways that the compiler does not follow: it also runs where neither a build nor the peers are there.

/**
 * The peers are dependencies of this folder alone, installed when a benchmark runs; `@openai/agents` is one of the whole, which types need it.
 *
 * @param {"openai" | "openai/resources/responses/ws" | "@ai-sdk/openai" | "@copilotkit/aimock" | "@openai/agents" | "eventsource-parser" | "undici" | "ws"} name
 * @returns {Promise<any>}
 */
export function peer(name) {
  return import(name);
}

/**
 * This package, as it is built. By path: in this folder its name would be looked for among the peers.
 *
 * @param {"index" | "emulator" | "ai-sdk" | "openai-agents" | "gateway"} entry
 * @returns {Promise<any>}
 */
export function ours(entry) {
  return import(new URL(`../dist/${entry}.js`, import.meta.url).href);
}
