import { unescape as percentDecode } from "node:querystring";
import { BuildError } from "../failure/kinds.ts";
import { authorityOf, type Endpoint, withoutBrackets } from "./target.ts";

/** With `socks5` this machine resolves the target's name, with `socks5h` the proxy does. */
export type ProxyScheme = "http" | "https" | "socks5" | "socks5h";

export interface ProxyCredentials {
  readonly username: string;
  readonly password: string;
}

const SCHEMES: ReadonlyMap<string, { readonly scheme: ProxyScheme; readonly defaultPort: number }> = new Map([
  ["http", { scheme: "http", defaultPort: 80 }],
  ["https", { scheme: "https", defaultPort: 443 }],
  ["socks5", { scheme: "socks5", defaultPort: 1080 }],
  ["socks5h", { scheme: "socks5h", defaultPort: 1080 }],
  // curl reads this as SOCKS4; the desktop settings that write it into ALL_PROXY mean SOCKS5.
  ["socks", { scheme: "socks5h", defaultPort: 1080 }],
]);
/** RFC 1928 and RFC 1929 have one byte for the length of a name, a user name or a password. */
export const LONGEST_SOCKS_FIELD_BYTES = 255;

/** A proxy's address. No printed form shows its credentials; they are methods because `inspect` can show getters. */
export class ProxyUrl implements Endpoint {
  readonly scheme: ProxyScheme;
  readonly hostname: string;
  readonly port: number;
  readonly #credentials: ProxyCredentials | undefined;

  constructor(scheme: ProxyScheme, endpoint: Endpoint, credentials?: ProxyCredentials) {
    this.scheme = scheme;
    this.hostname = endpoint.hostname;
    this.port = endpoint.port;
    this.#credentials = credentials;
  }

  get isSocks(): boolean {
    return this.scheme === "socks5" || this.scheme === "socks5h";
  }

  /** Percent-decoded. Do not print them. */
  credentials(): ProxyCredentials | undefined {
    return this.#credentials;
  }

  /** Value of `Proxy-Authorization` (RFC 7617, UTF-8). Do not print it. */
  basicAuthorization(): string | undefined {
    if (!this.#credentials) return undefined;
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
  }

  /** `scheme://host:port`, nothing else. */
  toString(): string {
    return `${this.scheme}://${authorityOf(this)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * Reads the value of a proxy variable or option.
 *
 * Schemes: `http`, `https`, `socks5`, `socks5h`, and `socks` for `socks5h`; a value without a scheme is an HTTP proxy, as in curl. Default
 * ports are 80, 443 and 1080, as in the Rust client (curl also uses 1080 for an HTTP proxy). User name and password are percent-decoded.
 *
 * @param source - Where the value comes from, for messages: `HTTPS_PROXY`, `the proxy option`.
 * @throws {@link BuildError} Another scheme or a malformed value. The value is never part of the message, because it can contain a
 *   password.
 */
export function parseProxyUrl(value: string, source: string): ProxyUrl {
  if (/^\s*["'\u201c\u2018]/.test(value)) {
    throw malformed(
      source,
      "it begins with a quotation mark, which became part of the value (a .env file or `set` keeps them)",
    );
  }
  const [, written] = /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(value) ?? [];
  const known = SCHEMES.get(written?.toLowerCase() ?? "http");
  if (!known) {
    throw new BuildError(
      `${source} names a ${written}:// proxy, which is not supported; use http://, https://, socks5:// or socks5h://, or unset it`,
    );
  }
  const url = parse(written === undefined ? `http://${value.trim()}` : value);
  if (!url || url.hostname === "" || url.port === "0")
    throw malformed(source, "it does not name a host, or its port is not a number");
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    throw malformed(source, "something follows host and port");
  }
  const endpoint = {
    hostname: withoutBrackets(url.hostname.toLowerCase()),
    port: url.port === "" ? known.defaultPort : Number(url.port),
  };
  const proxy = new ProxyUrl(known.scheme, endpoint, credentialsOf(url));
  if (proxy.isSocks && !fitsSocks(proxy.credentials())) {
    throw new BuildError(`${source} holds a user name or password longer than 255 bytes, which SOCKS5 cannot carry`);
  }
  return proxy;
}

function parse(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined; // the error would contain the value, and with it a password
  }
}

function credentialsOf(url: URL): ProxyCredentials | undefined {
  if (url.username === "" && url.password === "") return undefined;
  // decodeURIComponent would throw on a stray "%", which other programs send unchanged.
  return { username: percentDecode(url.username), password: percentDecode(url.password) };
}

function fitsSocks(credentials: ProxyCredentials | undefined): boolean {
  return Object.values(credentials ?? {}).every((field) => Buffer.byteLength(field) <= LONGEST_SOCKS_FIELD_BYTES);
}

function malformed(source: string, why: string): BuildError {
  return new BuildError(
    `${source} is not a proxy URL: ${why}; write scheme://user:password@host:port, with special characters of the password percent-encoded`,
  );
}
