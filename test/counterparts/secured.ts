import { startHttpProxy } from "../support/proxies/http-proxy.ts";

const CREDENTIALS = { username: "alice", password: "s3cret" };

/** A proxy that requires credentials, and an environment that selects it for https. */
export async function behindProxy() {
  const proxy = await startHttpProxy({ credentials: CREDENTIALS });
  const HTTPS_PROXY = `http://${CREDENTIALS.username}:${CREDENTIALS.password}@127.0.0.1:${proxy.port}`;
  return { proxy, env: { HTTPS_PROXY } };
}

/** The causes of an error, the outermost first. */
export function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let current = error; current !== undefined && current !== null; current = (current as Error).cause) {
    chain.push(current);
  }
  return chain;
}
