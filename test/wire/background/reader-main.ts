// Reads a response in the background and writes its position after every event, as a program would that may be killed at any moment.
import { CodexApi, noAuth, openaiProvider } from "../../../src/index.ts";

const [baseUrl = "", prompt = ""] = process.argv.slice(2);
const api = new CodexApi({ provider: openaiProvider({ env: {}, baseUrl }), auth: noAuth(), env: {} });
const stream = await api.responses.stream({ model: "m", input: prompt, background: true });
for await (const event of stream) {
  process.stdout.write(`${JSON.stringify({ event, position: stream.position })}\n`);
}
