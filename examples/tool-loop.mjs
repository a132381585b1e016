// An agent's loop: the model calls a tool, gets its output, and answers. One session; only what is new goes over the wire.
import { functionOutput, functionTool, noAuth, openaiProvider, ResponsesSession } from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator();
const session = new ResponsesSession({
  provider: openaiProvider({ baseUrl: emulator.url, proxy: false }),
  auth: noAuth(),
});

const weather = functionTool({
  name: "get_weather",
  description: "Current weather of a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
  },
});

/** @type {import("codex-wire").ResponseItem[]} */
const history = [
  { type: "message", role: "user", content: [{ type: "input_text", text: "What is the weather in Paris?" }] },
];

for (let calls = 1; calls > 0; ) {
  const stream = await session.stream({ model: "gpt-5-mini", input: history, tools: [weather] });
  const { items, text } = await stream.collect();
  history.push(...items);
  calls = 0;
  for (const item of items) {
    if (item.type !== "function_call") continue;
    calls += 1;
    console.log(`the model calls ${item.name}(${item.arguments})`);
    history.push(functionOutput(item, "18 °C, light rain"));
  }
  if (text !== "") console.log(text);
}

await session.close();
await emulator.close();
