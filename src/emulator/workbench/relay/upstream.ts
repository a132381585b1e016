import type { Agent } from "node:http";
import { grouped } from "../../headers.ts";
import type { ExchangeHead, Header } from "../exchanges/passed.ts";

/** Where requests are passed on to, and how to connect. */
export interface UpstreamOptions {
  /**
   * Base URL, for example `https://api.openai.com/v1`. Its path replaces the prefix that the client used; if it has no path, paths are not
   * changed.
   */
  readonly upstream: string;
  /**
   * Opens the connections: `createHttpsAgent()` of `codex-wire/client` uses the same certificates and proxies as the rest of this package.
   * By default Node's own agent, which uses neither `CODEX_CA_CERTIFICATE` nor a proxy.
   */
  readonly agent?: Agent | undefined;
}

/** RFC 9110 §7.6.1, and headers that a new connection sets again. */
const OF_THE_CONNECTION = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "host"],
]);
const OF_THE_HANDSHAKE = /^sec-websocket-(?:key|version|extensions|protocol|accept)$/;

export class Upstream {
  readonly #base: URL;
  readonly #prefix: RegExp;
  readonly agent: Agent | undefined;

  /** @param prefix - Prefix of the addresses of this server. @throws An error for an invalid address. */
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

  /** The body of the answer, a 502, if the server cannot be reached. */
  unreachable(error: Error): string {
    const message = `${this.origin} cannot be reached: ${error.message || (error as NodeJS.ErrnoException).code}`;
    return JSON.stringify({ error: { message, type: "server_error", param: null, code: "upstream_unreachable" } });
  }

  /** The upstream's address for a request. */
  urlOf(path: string): URL {
    const base = this.#base.pathname.replace(/\/$/, "");
    return new URL(`${this.#base.origin}${base === "" ? path : `${base}${path.replace(this.#prefix, "")}`}`);
  }

  /**
   * Headers that are passed on: all except those of one connection. Answers are requested without compression, so that transcripts are
   * readable.
   */
  requestHeaders({ headers }: Pick<ExchangeHead, "headers">): Record<string, string | string[]> {
    return {
      ...grouped(passedOn(headers).filter(([name]) => name.toLowerCase() !== "content-length")),
      "accept-encoding": "identity",
    };
  }
}

/** Headers without those that concern only one connection. */
export function passedOn(headers: readonly Header[]): readonly Header[] {
  const named = headers
    .filter(([name]) => name.toLowerCase() === "connection")
    .flatMap(([, value]) => value.split(/\s*,\s*/));
  const dropped = new Set([...OF_THE_CONNECTION, ...named.map((name) => name.toLowerCase())]);
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()) && !OF_THE_HANDSHAKE.test(name.toLowerCase()));
}
