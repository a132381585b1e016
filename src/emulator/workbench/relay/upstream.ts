import type { Agent } from "node:http";
import type { ExchangeHead, Header } from "../exchanges/passed.ts";

/** Where requests are passed on to, and how it is reached. */
export interface UpstreamOptions {
  /** Base URL, for example `https://api.openai.com/v1`. Its path stands for the prefix that the client used; without one paths stay as they are. */
  readonly upstream: string;
  /**
   * Makes the connections: `createHttpsAgent()` of `codex-wire/client` trusts and routes as the rest of this package does. Default: Node's
   * own agent, which knows neither `CODEX_CA_CERTIFICATE` nor a proxy.
   */
  readonly agent?: Agent;
}

/** RFC 9110 §7.6.1, and what a new connection makes anew. */
const OF_THE_CONNECTION = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "host"],
]);
const OF_THE_HANDSHAKE = /^sec-websocket-(?:key|version|extensions|protocol|accept)$/;

export class Upstream {
  readonly #base: URL;
  readonly #prefix: RegExp;
  readonly agent: Agent | undefined;

  /** @param prefix - of the addresses that this server answers at. @throws An error for an address that is none. */
  constructor({ upstream, agent }: UpstreamOptions, prefix: RegExp) {
    if (!URL.canParse(upstream) || !/^https?:$/.test(new URL(upstream).protocol))
      throw new Error(`the upstream ${JSON.stringify(upstream)} is not an http or https address`);
    this.#base = new URL(upstream);
    this.#prefix = prefix;
    this.agent = agent;
  }

  get origin(): string {
    return this.#base.origin;
  }

  /** The address of a request there. */
  urlOf(path: string): URL {
    const base = this.#base.pathname.replace(/\/$/, "");
    return new URL(`${this.#base.origin}${base === "" ? path : `${base}${path.replace(this.#prefix, "")}`}`);
  }

  /** What goes along: all but what belongs to one connection. Answers are asked for without compression, to be read in transcripts. */
  requestHeaders({ headers }: Pick<ExchangeHead, "headers">): Record<string, string | string[]> {
    return {
      ...grouped(passedOn(headers).filter(([name]) => name.toLowerCase() !== "content-length")),
      "accept-encoding": "identity",
    };
  }
}

/** Of a head in either direction, without what belongs to the connection. */
export function passedOn(headers: readonly Header[]): readonly Header[] {
  const named = headers
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(/\s*,\s*/));
  const dropped = new Set([...OF_THE_CONNECTION, ...named.map((name) => name.toLowerCase())]);
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()) && !OF_THE_HANDSHAKE.test(name.toLowerCase()));
}

/** Pairs as Node gives them: name, value, name, value. */
export function pairs(raw: readonly string[]): readonly Header[] {
  return raw.flatMap((name, index): readonly Header[] => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""]] : []));
}

/** As Node takes them: by name, a list for what comes more than once. */
export function grouped(headers: readonly Header[]): Record<string, string | string[]> {
  const all = new Map<string, string[]>();
  for (const [name, value] of headers) all.set(name.toLowerCase(), [...(all.get(name.toLowerCase()) ?? []), value]);
  return Object.fromEntries([...all].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]));
}
