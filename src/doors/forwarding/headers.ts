import type { HeaderMap } from "../../client/index.ts";
import type { JsonObject } from "../../index.ts";

/** About one connection and not the message (RFC 9110 §7.6.1), or about its encoding, which differs on each side. */
const OF_THE_HOP: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"],
  ...["transfer-encoding", "upgrade", "host", "expect", "content-length", "content-encoding", "accept-encoding"],
]);

/** Accounts, and a key whose name ends like that of others which are none (`idempotency-key`). */
const WHO_PAYS: ReadonlySet<string> = new Set([
  ...["ocp-apim-subscription-key", "chatgpt-account-id", "openai-organization", "openai-project"],
]);
const OF_CREDENTIALS =
  /authorization|cookie|api-?key|secret|password|credential|(^|-)(auth|(auth|access|security|session|id)-token)$/;

/** Headers that say who pays, also to other services: requests that differ in one of these share nothing. */
export function isCredential(name: string): boolean {
  return WHO_PAYS.has(name) || OF_CREDENTIALS.test(name);
}

/** Headers in which clients name the conversation, if the body has no `prompt_cache_key`. */
const CONVERSATION: readonly string[] = [
  ...["session_id", "session-id", "thread-id", "conversation_id", "x-session-id", "x-session-affinity"],
];

/** From the form of Node's server, with repeated headers as one value. */
export function joined(headers: Readonly<Record<string, string | readonly string[] | undefined>>): HeaderMap {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(", ")]],
    ),
  );
}

/** The headers of a request or an answer that are passed on. */
export function forwardable(headers: HeaderMap): Record<string, string> {
  const listed = new Set(headers.connection?.split(",").map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !OF_THE_HOP.has(name) && !listed.has(name) && !name.startsWith("sec-websocket-"),
    ),
  );
}

/** An answer's headers for clients. Cookies of the service belong to the gateway's credentials, which clients must not get. */
export function toldHeaders({ "set-cookie": _cookie, ...told }: HeaderMap): HeaderMap {
  return told;
}

/** Splits a request's headers: credentials, and everything else except headers about the body's encoding. */
export function parted(headers: HeaderMap): {
  readonly credentials: Readonly<Record<string, string>>;
  readonly others: Readonly<Record<string, string>>;
} {
  const entries = Object.entries(forwardable(headers)).filter(([name]) => name !== "content-type");
  return {
    credentials: Object.fromEntries(entries.filter(([name]) => isCredential(name))),
    others: Object.fromEntries(entries.filter(([name]) => !isCredential(name))),
  };
}

/** The conversation that a request names; the body takes precedence. */
export function conversationKey(body: JsonObject, headers: HeaderMap): string | undefined {
  const { prompt_cache_key: key } = body;
  if (typeof key === "string" && key !== "") return `prompt_cache_key: ${key}`;
  const name = CONVERSATION.find((each) => headers[each]);
  return name && `${name}: ${headers[name]}`;
}
