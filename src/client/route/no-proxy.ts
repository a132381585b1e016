import { BlockList, isIP, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { type Endpoint, withoutBrackets } from "./target.ts";

/** A parsed `NO_PROXY`. */
export interface NoProxyList {
  readonly rules: readonly NoProxyRule[];
  /** Entries that are not understood, such as a CIDR block of 40 IPv4 bits; they match no host. */
  readonly ignored: readonly string[];
}

export interface NoProxyRule {
  /** As written. */
  readonly entry: string;
  /** `hostname` in lower case, without brackets and trailing dot. */
  readonly matches: (host: Endpoint) => boolean;
}

/**
 * Reads `NO_PROXY`. Entries are separated by commas, semicolons, `|` or white space, in any case. Quotation marks around one or all entries
 * are ignored, and so is `http://` before one; an internationalised name counts in its ASCII form (IDNA). An entry is
 *
 * - `*`: every host;
 * - `example.com`, `.example.com` or `*.example.com`: that name and every name below it, but not `badexample.com` (curl and the Rust client
 *   read a leading dot this way; in Go it excludes the name itself);
 * - `192.0.2.1`, `::1` or `[::1]`: that address, in any notation; a name's rule never matches an address;
 * - `10.0.0.0/8`, `fd00::/8`: every address of the block; names are not resolved for this;
 * - `10.0.0.1-10.0.0.50`, `10.0.*.*` or `10.0.*`: a range of addresses, as desktop settings write it;
 * - `<local>`: names without a dot, and this machine (a setting of Windows);
 * - any of these names and addresses followed by `:port` (IPv6 in brackets): only that port, as in Go; curl has no ports.
 *
 * A trailing dot of a name is ignored on both sides.
 */
export function parseNoProxy(text: string): NoProxyList {
  const rules: NoProxyRule[] = [];
  const ignored: string[] = [];
  for (const entry of text.split(/[\s,;|]+/)) {
    const bare = bareEntry(entry);
    if (bare === "") continue;
    const matches = matcherOf(bare);
    if (matches) rules.push({ entry, matches });
    else ignored.push(entry);
  }
  return { rules, ignored };
}

/** The first entry that excludes `host` from the proxy, as written; `undefined` if none does. */
export function findNoProxyEntry(list: NoProxyList, host: Endpoint): string | undefined {
  const hostname = withoutTrailingDot(withoutBrackets(host.hostname.toLowerCase()));
  return list.rules.find((rule) => rule.matches({ hostname, port: host.port }))?.entry;
}

function bareEntry(entry: string): string {
  const unquoted = entry.replace(/^["'\u201c\u201d]+|["'\u201c\u201d]+$/g, "").toLowerCase();
  return unquoted.replace(/^(?:https?|wss?):\/\/([^/]+)\/?$/, "$1");
}

function matcherOf(entry: string): NoProxyRule["matches"] | undefined {
  if (entry === "*") return () => true;
  if (entry === "<local>") return ({ hostname }) => isLocal(hostname);
  const range = rangeMatcher(entry);
  if (range) return range;
  if (entry.includes("/")) return blockMatcher(entry);
  const { name, port } = splitPort(entry);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) return undefined;
  const matchesHost = isIP(name) === 0 ? nameMatcher(name) : addressMatcher(name);
  return matchesHost && ((host) => (port === undefined || port === host.port) && matchesHost(host.hostname));
}

function splitPort(entry: string): { name: string; port: number | undefined } {
  if (isIPv6(entry)) return { name: entry, port: undefined };
  const [, name = entry, port] = /^(.*?)(?::([^:\]]*))?$/.exec(entry) ?? [];
  return { name: withoutBrackets(name), port: port === undefined ? undefined : Number(port) };
}

function nameMatcher(entry: string): ((hostname: string) => boolean) | undefined {
  const written = withoutTrailingDot(entry.replace(/^\*?\./, ""));
  const name = /^[\x20-\x7e]*$/.test(written) ? written : domainToASCII(written);
  if (!/^[\w.-]+$/.test(name) || /^[\d.]*-[\d.]*$/.test(name)) return undefined;
  return (hostname) => isIP(hostname) === 0 && (hostname === name || hostname.endsWith(`.${name}`));
}

function addressMatcher(address: string): (hostname: string) => boolean {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return (hostname) => list.check(hostname, familyOf(hostname)); // a name is in no list
}

function blockMatcher(entry: string): NoProxyRule["matches"] | undefined {
  const [, network = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const address = withoutBrackets(network);
  if (isIP(address) === 0 || Number(bits) > (isIPv6(address) ? 128 : 32)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), familyOf(address));
  return ({ hostname }) => list.check(hostname, familyOf(hostname));
}

/** `first-last`, or stars for the last bytes of an IPv4 address. */
function rangeMatcher(entry: string): NoProxyRule["matches"] | undefined {
  const [, first = "", last = ""] = /^([\da-f.:]+)-([\da-f.:]+)$/.exec(entry) ?? starRange(entry);
  const list = new BlockList();
  try {
    list.addRange(first, last, familyOf(first));
  } catch {
    return undefined; // no addresses, of two families, or the last comes before the first
  }
  return ({ hostname }) => list.check(hostname, familyOf(hostname));
}

function starRange(entry: string): readonly string[] {
  const [, start = ""] = /^((?:\d{1,3}\.){1,3})\*(?:\.\*)*$/.exec(entry) ?? [];
  const bytes = start.split(".").slice(0, -1);
  if (bytes.length === 0 || entry.split(".").length > 4) return [];
  const filled = (byte: string): string => [...bytes, ...Array<string>(4 - bytes.length).fill(byte)].join(".");
  return ["", filled("0"), filled("255")];
}

function isLocal(hostname: string): boolean {
  if (isIP(hostname) === 0) return !hostname.includes(".");
  return hostname === "::1" || (isIP(hostname) === 4 && hostname.startsWith("127."));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

function withoutTrailingDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
