// Four sub-agents at once on one WebSocket: each is a lane of the session. One is corrected while it works, one is interrupted and gets
// another task, and the main conversation goes on with what they found.
import { CodexApi, noAuth, openaiProvider, userMessage } from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator({ pace: { firstTokenMs: 5, delayMsPerWord: 5 } });
// Against a real service: new CodexApi(), or chatgptProvider() for interruptions that keep the history.
const provider = openaiProvider({ baseUrl: emulator.url, proxy: false, supportsInterrupt: true });
const api = new CodexApi({ provider, auth: noAuth() });
const session = api.session();
const model = "gpt-5-mini";

/** @typedef {import("codex-wire").ResponseItem} Item */

// What all of them shall know is said once; a fork goes on from there without sending it again.
/** @type {Item[]} */
const briefing = [userMessage("The project is called Lighthouse. repeat: understood")];
briefing.push(...(await (await session.stream({ model, input: briefing })).collect()).items);

/**
 * One sub-agent: its answer to a task.
 * @param {string} name
 * @param {string} task
 * @param {(stream: import("codex-wire").ResponseStream) => Promise<unknown>} [onFirstWords] what somebody does about it
 */
async function agent(name, task, onFirstWords) {
  const lane = session.fork(name);
  /** @type {Item[]} */
  const history = [...briefing, userMessage(task)];
  const stream = await lane.stream({ model, input: history });
  let hasBegun = false;
  for await (const event of stream) {
    if (event.type === "output_text.delta" && !hasBegun) {
      hasBegun = true;
      await onFirstWords?.(stream);
    }
    if (event.type === "steered") console.log(`${name}: corrected, and goes on`);
  }
  const { items, text, status } = await stream.collect();
  if (status === "completed") {
    await lane.close(); // its place on the connection is the next lane's
    return { name, text };
  }
  // It was interrupted: what it had finished stands, and its next request sends only what is new.
  console.log(`${name}: interrupted, and gets another task`);
  const next = [...history, ...items, userMessage("repeat: nothing to report")];
  const report = await (await lane.stream({ model, input: next })).collect();
  await lane.close();
  return { name, text: report.text };
}

const reports = await Promise.all([
  agent("reader", "repeat: twelve files"),
  agent("tester", "repeat: all tests pass"),
  agent("counter", "count to 500", (stream) => stream.steer("17*23")),
  agent("searcher", "count to 400", (stream) => stream.interrupt()),
]);
for (const { name, text } of reports) console.log(`${name}: ${text}`);

const findings = reports.map(({ name, text }) => `${name}: ${text}`).join("\n");
const summary = await session.stream({
  model,
  input: [...briefing, userMessage(`repeat: four reports\n\n${findings}`)],
});
console.log((await summary.collect()).text.split("\n")[0]);

const { answers, whole } = session.cache;
const sockets = emulator.requests.filter(({ kind }) => kind === "handshake").length;
console.log(`${answers} answers over ${sockets} WebSocket; requests sent whole:`, whole);

await api.close();
await emulator.close();
