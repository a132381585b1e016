import { emulator, RawSocket, send } from "./raw-client.ts";

/** An emulator, and an open socket to it. */
export async function socketFor(options: Parameters<typeof emulator>[0] = {}, headers: Record<string, string> = {}) {
  const server = await emulator(options);
  const socket = new RawSocket(server.url, { headers });
  await socket.opened();
  return { server, socket };
}

/** Asks for a response that is not streamed. */
export async function ask(url: string, input: unknown, more: object = {}, headers: Record<string, string> = {}) {
  const { status, json } = await send(`${url}/responses`, { body: { model: "gpt-5.5", input, ...more }, headers });
  return { status, text: JSON.stringify(json) };
}
