// A voice agent that can be interrupted: it hears, speaks and calls a function. Here the emulator is the service, and a tone the user.
import { apiKeyAuth, openaiProvider, RealtimeConversation, RealtimeWebSocketClient } from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator({ pace: "human" });
const provider = openaiProvider({ baseUrl: emulator.url, proxy: false });
const client = new RealtimeWebSocketClient({ provider, auth: apiKeyAuth("sk-none") });

const weather = {
  type: "function",
  name: "get_weather",
  description: "Tells the weather of a city.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const connection = await client.connect({
  model: "gpt-realtime-2.1",
  session: {
    instructions: "Answer in one sentence.",
    audio: { input: { transcription: { model: "gpt-live-transcribe" }, turn_detection: { type: "server_vad" } } },
    tools: [weather],
  },
});
const conversation = new RealtimeConversation(connection);

const CHUNK_BYTES = 24 * 2 * 100; // 100 ms of 24 kHz mono 16-bit PCM
const microphone = [...Array(5).fill(0x20), ...Array(8).fill(0)];
for (const level of microphone) await conversation.append(Buffer.alloc(CHUNK_BYTES, level));

let answers = 0;
for await (const event of conversation) {
  if (event.type === "input_transcript.done") console.log(`user: ${event.text}`);
  else if (event.type === "output_transcript.done") console.log(`model: ${event.text}`);
  else if (event.type === "audio_out")
    continue; // play event.frame.data
  else if (event.type === "function_call") await conversation.answerCall(event.callId, "18 degrees and sunny");
  else if (event.type === "error") console.error(`the service complains: ${event.message}`);
  else if (event.type === "response_done") {
    answers += 1;
    console.log(`(${event.status}, ${event.usage?.totalTokens} tokens)`);
    if (answers === 1) await conversation.say("What is the weather in Paris?");
    else if (answers === 3) break;
  }
}
await conversation.close();
await emulator.close();
