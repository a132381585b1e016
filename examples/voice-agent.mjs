// A voice agent that can be interrupted: it hears, speaks and calls a function, and goes on in another session when its own is over. Here the emulator
// is the service, and a tone the user.
import { CodexApi, functionTool, noAuth, openaiProvider, RealtimeConversation, RealtimeHistory } from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator({ pace: "human" });
const api = new CodexApi({ provider: openaiProvider({ baseUrl: emulator.url, proxy: false }), auth: noAuth() });

const weather = functionTool({
  name: "get_weather",
  description: "Tells the weather of a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
});
const session = {
  instructions: "Answer in one sentence.",
  audio: { input: { transcription: { model: "gpt-live-transcribe" }, turn_detection: { type: "server_vad" } } },
  tools: [weather],
};

const history = new RealtimeHistory();

/** A session that knows what was said in those before it. */
async function talk() {
  const connection = await api.realtime.connect({ model: "gpt-realtime-2.1", session });
  await history.restore(connection);
  return new RealtimeConversation(connection, { tools: [weather] });
}

/**
 * Reads the conversation until so many answers are there.
 *
 * @param {Awaited<ReturnType<typeof talk>>} conversation
 * @param {number} answers
 */
async function listen(conversation, answers) {
  let left = answers;
  for await (const event of conversation) {
    history.observe(event);
    if (event.type === "input_transcript.done") console.log(`user: ${event.text}`);
    else if (event.type === "output_transcript.done") console.log(`model: ${event.text}`);
    else if (event.type === "audio_out")
      continue; // play event.frame.data
    else if (event.type === "function_call") {
      console.log(`(${event.name}: ${event.arguments})`);
      await conversation.answerCall(event.callId, event.problem ? "The city is missing." : "18 degrees and sunny");
    } else if (event.type === "error") console.error(`the service complains: ${event.message}`);
    else if (event.type === "response_done") {
      console.log(`(${event.status}, ${event.usage?.totalTokens} tokens)`);
      left -= 1;
      if (left === 0) return;
    }
  }
}

const CHUNK_BYTES = 24 * 2 * 100; // 100 ms of 24 kHz mono 16-bit PCM
const microphone = [...Array(5).fill(0x20), ...Array(8).fill(0)];

let conversation = await talk();
for (const level of microphone) await conversation.append(Buffer.alloc(CHUNK_BYTES, level));
await listen(conversation, 1);
await conversation.say("What is the weather in Paris?");
await listen(conversation, 2); // the call, and the answer to its output
await conversation.close();

conversation = await talk(); // as after the service's 60 minutes, or a broken connection
console.log(`(${history.items().length} items go on)`);
await conversation.say("repeat: Goodbye!");
await listen(conversation, 1);
await conversation.close();

await api.close();
await emulator.close();
