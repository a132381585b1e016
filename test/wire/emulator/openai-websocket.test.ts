import { createRequire } from "node:module";
import { it } from "vitest";
import { exerciseLanes, type OpenAiWebSocket } from "../../support/openai-websocket.ts";
import { emulator } from "./raw-client.ts";

/** The SDK that `@openai/agents` brings along. */
function openai(): OpenAiWebSocket {
  const ofAgents = createRequire(createRequire(import.meta.url).resolve("@openai/agents-openai"));
  return { ...ofAgents("openai"), ...ofAgents("openai/resources/responses/ws") };
}

it("openai's WebSocket helper runs lanes, forks and corrections on one connection, and is refused names", async () => {
  const server = await emulator({ pace: { delayMsPerWord: 5 } });
  await exerciseLanes(openai(), server.url);
});
