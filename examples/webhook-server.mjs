// A server that is told when a response in the background is done: it checks the webhook's signature and fetches the response.
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { CodexApi, CodexApiError, noAuth, openaiProvider, verifyWebhook } from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator();
const api = new CodexApi({ provider: openaiProvider({ baseUrl: emulator.url, proxy: false }), auth: noAuth() });
const secret = `whsec_${Buffer.from("a secret of at least 24 bytes").toString("base64")}`; // as the service shows it once

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const event = verifyWebhook(request.headers, Buffer.concat(chunks), secret);
    response.writeHead(200).end(); // at once: the service sends again what is not answered
    if (event.responseId === undefined) return;
    const { text, status } = await api.responses.retrieve(event.responseId);
    console.log(`${event.type}: ${status}, ${JSON.stringify(text)}`);
    server.emit("done");
  } catch (error) {
    if (!CodexApiError.is(error) || error.kind !== "webhook_invalid") throw error;
    console.log(`refused (${error.reason})`);
    response.writeHead(400).end();
  }
}).listen(0, "127.0.0.1");
await once(server, "listening");

// What the service would do, once the response is done; and what somebody else might try.
const { responseId } = await api.responses.start({ model: "gpt-5-mini", input: "17*23" });
await (await api.responses.resume(responseId)).collect();
const body = JSON.stringify({ object: "event", id: "evt_1", type: "response.completed", data: { id: responseId } });
const done = once(server, "done");
await deliver("v1,bm8gc2lnbmF0dXJl");
await deliver();
await done;
server.close();
await api.close();
await emulator.close();

/** @param {string} [forged] */
async function deliver(forged) {
  const id = `wh_${randomUUID()}`;
  const timestamp = String(Math.round(Date.now() / 1000));
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  await fetch(`http://127.0.0.1:${address.port}`, {
    method: "POST",
    headers: { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": forged ?? signature },
    body,
  });
}
