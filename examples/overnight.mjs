// A long job in the background: started, left in the middle, and collected by another process from a saved position.
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodexApi, noAuth, openaiProvider } from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator({ pace: { delayMsPerWord: 40 } });
const open = () => new CodexApi({ provider: openaiProvider({ baseUrl: emulator.url, proxy: false }), auth: noAuth() });
const file = join(tmpdir(), `overnight-${process.pid}.json`);

// In the evening: start it, read along for a while, and go home.
{
  const evening = open();
  const stream = await evening.responses.stream({
    model: "gpt-5-pro",
    input: "count to 12",
    background: true,
  });
  let words = 0;
  for await (const event of stream) {
    if (event.type === "output_text.delta") {
      process.stdout.write(event.delta);
      words += 1;
    }
    await writeFile(file, JSON.stringify(stream.position ?? null));
    if (words === 5) break; // the response goes on
  }
  console.log("\n(left)");
  await evening.close();
}

// In the morning, in another process: the position is all that is needed.
{
  const morning = open();
  const position = JSON.parse(await readFile(file, "utf8"));
  const { status } = await morning.responses.retrieve(position.responseId);
  console.log(`(${position.responseId} is ${status})`);
  for await (const event of await morning.responses.resume(position.responseId, { after: position })) {
    if (event.type === "output_text.delta") process.stdout.write(event.delta);
    if (event.type === "completed") console.log(`\n(${event.tokenUsage?.outputTokens} tokens)`);
  }
  await morning.responses.delete(position.responseId);
  await morning.close();
}

await rm(file);
await emulator.close();
