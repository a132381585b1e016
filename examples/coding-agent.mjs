// A coding agent: it reads, writes and runs commands in one folder until the task is done. Ctrl-C ends the answer and what it runs.
//   node examples/coding-agent.mjs "run ls"          without a key, against the emulator
//   OPENAI_API_KEY=… node examples/coding-agent.mjs "write a test for src/sum.js and run it"
import { exec } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { promisify } from "node:util";
import * as codex from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const { OPENAI_API_KEY: key, OPENAI_BASE_URL, MODEL = "gpt-5.5", COMPACT_AT = 200_000 } = process.env;
const emulator = key ? undefined : await startEmulator();
const baseUrl = emulator?.url ?? OPENAI_BASE_URL;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

const folder = process.cwd();
const inside = (/** @type {string} */ path) => {
  const full = resolve(folder, path);
  if (relative(folder, full).startsWith("..")) throw new Error(`${path} is outside of ${folder}`);
  return full;
};
const strings = (/** @type {string[]} */ ...names) => ({
  type: "object",
  properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
  required: names,
});

async function write(/** @type {Record<string, string>} */ { path = "", content = "" }) {
  await mkdir(dirname(inside(path)), { recursive: true });
  await writeFile(inside(path), content);
  return `wrote ${content.length} characters`;
}

async function shell(/** @type {Record<string, string>} */ { command = "" }) {
  const options = { cwd: folder, signal: stop.signal, timeout: 120_000 };
  const { stdout, stderr } = await promisify(exec)(command, options).catch((failed) => failed);
  return `${stdout}${stderr}` || "(no output)";
}

/** @typedef {{ description: string, parameters: import("codex-wire").JsonSchema, run: (args: Record<string, string>) => Promise<string> }} Tool */
/** @type {Record<string, Tool>} Each tool: what the model is told of it, and what it does. */
const toolbox = {
  read: {
    description: "Read a file",
    parameters: strings("path"),
    run: ({ path = "" }) => readFile(inside(path), "utf8"),
  },
  write: { description: "Write a file", parameters: strings("path", "content"), run: write },
  shell: { description: "Run a shell command", parameters: strings("command"), run: shell },
};
const tools = Object.entries(toolbox).map(([name, { description, parameters }]) =>
  codex.functionTool({ name, description, parameters }),
);

const api = new codex.CodexApi({
  provider: codex.openaiProvider({ baseUrl }),
  auth: key ? codex.apiKeyAuth(key) : codex.noAuth(),
  telemetry: {
    onRetry: ({ layer, delayMs, reason }) => console.error(`[${layer}] again in ${Math.round(delayMs)} ms: ${reason}`),
  },
});
const session = api.session();
const request = {
  model: MODEL,
  instructions: `You are a coding agent in ${folder}. Work with the tools until the task is done, then say in short what you did.`,
  tools,
  context_management: [{ type: "compaction", compact_threshold: Number(COMPACT_AT) }], // a long history is made short by the service
};

try {
  /** @type {import("codex-wire").ResponseItem[]} */
  const history = [codex.userMessage(process.argv.slice(2).join(" ") || "run ls")];
  for (let calls = 1; calls > 0; ) {
    const stream = await session.stream({ ...request, input: history }, { signal: stop.signal });
    const items = history.slice(0, 0);
    for await (const event of stream) {
      if (event.type === "output_text.delta") process.stdout.write(event.delta);
      if (event.type === "output_item.done") items.push(event.item);
      if (event.type === "completed") process.stdout.write("\n");
      if (event.type === "restarted") items.length = event.keptItems; // what came after it is void
    }
    const compaction = items.findLastIndex(({ type }) => type === "compaction");
    if (compaction !== -1) history.length = 0; // it stands for all before it
    history.push(...items.slice(Math.max(compaction, 0)));
    calls = 0;
    for (const item of items) {
      if (item.type !== "function_call") continue;
      calls += 1;
      console.error(`[${item.name}] ${item.arguments}`);
      const run = toolbox[item.name]?.run ?? (() => `there is no tool ${item.name}`); // models invent names at times
      const output = Promise.resolve(item.arguments).then(JSON.parse).then(run);
      history.push(codex.functionOutput(item, await output.catch(String)));
    }
  }
} catch (error) {
  console.error(stop.signal.aborted ? "stopped" : error);
  process.exitCode = stop.signal.aborted ? 130 : 1;
} finally {
  await api.close();
  await emulator?.close();
}
