// One emulator in a process of its own: `node emulators.mjs ours|aimock`. Sends its base URL, then its CPU time whenever it is asked.
import { ours, peer } from "./modules.mjs";

const TOKENS_PER_SECOND = 20;
/** What it says, by what it is asked; a piece of text is five characters for both. */
const ANSWERS = { short: "hello", stream: "word ".repeat(40), paced: "word ".repeat(160) };

/** @type {Readonly<Record<string, () => Promise<string>>>} */
const STARTERS = {
  async ours() {
    const { answer, startEmulator } = await ours("emulator");
    const pace = { tokensPerSecond: TOKENS_PER_SECOND };
    const rules = Object.entries(ANSWERS).map(([text, said]) => ({
      when: { text },
      reply: answer(said, text === "paced" ? { pace } : {}),
    }));
    return (await startEmulator({ scenario: { rules } })).url;
  },
  async aimock() {
    const { LLMock } = await peer("@copilotkit/aimock");
    const mock = new LLMock({ port: 0, chunkSize: 5, logLevel: "silent" });
    const streamingProfile = { tps: TOKENS_PER_SECOND };
    for (const [text, content] of Object.entries(ANSWERS))
      mock.onMessage(text, { content }, text === "paced" ? { streamingProfile } : {});
    await mock.start();
    return `${mock.url}/v1`;
  },
};

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit());

const url = await STARTERS[process.argv[2] ?? ""]?.();
process.send?.({ url });
