// Run by the tests in this folder where the packed package is installed: makes the given request, and prints the result as JSON.
import { get } from "node:https";
import { noAuth, openaiProvider, ResponsesClient, ResponsesWebSocketClient } from "codex-wire";
import { connectWebSocket, createFetch, createHttpsAgent } from "codex-wire/client";

const { how, baseUrl, env } = JSON.parse(process.argv[2] ?? "{}");
/** @type {string[]} */
const logged = [];
/** @type {(fields: object, message: string) => void} */
const log = (_fields, message) => void logged.push(message);
const logger = { debug() {}, info: log, warn: log, error: log };
const provider = openaiProvider({ env: {}, baseUrl, retry: { maxRetries: 0 } });
const options = { provider, auth: noAuth(), env, logger };
const request = { model: "m", input: "repeat: one two three" };

/** @type {Record<string, () => Promise<string | undefined>>} */
const WAYS = {
  async https() {
    return (await (await new ResponsesClient(options).stream(request)).collect()).text;
  },
  async wss() {
    const connection = await new ResponsesWebSocketClient(options).connect();
    const { text } = await (await connection.stream(request)).collect();
    await connection.close();
    return text;
  },
  async fetch() {
    const answer = await createFetch({ env, logger })(`${baseUrl}/models`);
    return JSON.parse(await answer.text()).object;
  },
  agent() {
    const agent = createHttpsAgent({ env, logger, keepAlive: false });
    return new Promise((resolve, reject) => {
      get(`${baseUrl}/models`, { agent }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        answer.on("end", () => resolve(JSON.parse(text).object));
      }).on("error", reject);
    });
  },
  async websocket() {
    const websocket = await connectWebSocket(`${baseUrl}/responses`, { env, logger });
    websocket.terminate();
    return "open";
  },
};

async function outcome() {
  try {
    return { answer: await WAYS[how]?.() };
  } catch (thrown) {
    const error = /** @type {Error & { kind?: string }} */ (thrown);
    const failure = error.kind === undefined && error.cause ? error.cause : error;
    const { kind, code, phase, message } = /** @type {Error & { kind?: string, code?: string, phase?: string }} */ (
      failure
    );
    return { error: { kind, code, phase, message } };
  }
}

process.stdout.write(`${JSON.stringify({ ...(await outcome()), logged })}\n`);
process.exit();
