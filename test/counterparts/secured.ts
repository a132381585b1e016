import { startHttpProxy } from "../support/proxies/http-proxy.ts";

const CREDENTIALS = { username: "alice", password: "s3cret" };

/** A proxy that wants credentials, and the environment that sends everything for https through it. */
export async function behindProxy() {
  const proxy = await startHttpProxy({ credentials: CREDENTIALS });
  const HTTPS_PROXY = `http://${CREDENTIALS.username}:${CREDENTIALS.password}@127.0.0.1:${proxy.port}`;
  return { proxy, env: { HTTPS_PROXY } };
}

/** The errors behind an error, the outermost first. */
export function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let current = error; current !== undefined && current !== null; current = (current as Error).cause) {
    chain.push(current);
  }
  return chain;
}
