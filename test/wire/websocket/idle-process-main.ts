// A process that asks the server at BASE_URL once over a WebSocket and closes nothing. No timer holds it.
import { noAuth } from "../../../src/api/auth.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";

const [, , baseUrl = ""] = process.argv;
const client = new ResponsesWebSocketClient({
  provider: { name: "x", baseUrl, streamIdleTimeoutMs: 0 },
  auth: noAuth(),
});
await client.connect(); // never used
const connection = await client.connect();
const { text } = await (await connection.stream({ model: "m", input: "repeat: held" })).collect();
process.stdout.write(text);
