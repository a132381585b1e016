import { isServerFault, LOGIN_REQUIRED, NetworkError, TimeoutError } from "../../failure/kinds.ts";
import type { HEAD_TOO_LARGE } from "../../headers.ts";
import { safeUrl } from "../../observe/redact.ts";
import { printable } from "../../wording/printable.ts";
import { statusText } from "../../wording/status-text.ts";
import { type ChosenProxy, OPTION_SOURCE } from "../environment-proxy.ts";
import { codeOf, inBrackets } from "../error-code.ts";
import { describePeer, type ProxyPeer, proxyPeer } from "../peer.ts";
import { authorityOf, type Endpoint } from "../target.ts";

/** The proxy requires credentials, or other ones. Code of a {@link NetworkError} in phase `proxy`. */
export const PROXY_AUTHENTICATION_REQUIRED = "PROXY_AUTHENTICATION_REQUIRED";
/** The proxy refuses the connection for any other reason. */
export const PROXY_REFUSED = "PROXY_REFUSED";
/** The proxy closed the connection, or did not answer as a proxy of its kind does. */
export const PROXY_PROTOCOL_ERROR = "PROXY_PROTOCOL_ERROR";

/** The parts of an HTTP proxy's answer that explain it. Credentials must already be blanked in them. */
export interface HttpProxyAnswer {
  readonly status: number;
  /** Its `proxy-authenticate`. */
  readonly challenge?: string | undefined;
  /** The beginning of its page. */
  readonly page?: string | undefined;
  readonly location?: string | undefined;
}

/** An HTTP proxy's answer to a request for `target`. */
export function httpRefusal(chosen: ChosenProxy, target: Endpoint, answer: HttpProxyAnswer): NetworkError {
  const { status, challenge } = answer;
  const wantsCredentials = status === 407 || status === 401;
  // Not the proxy's own reason phrase, which can be any text.
  return new NetworkError(
    `${describe(chosen)} refused to connect to ${authorityOf(target)}: ${statusText(status)}${quoted(answer.page)}; ${wantsCredentials ? credentialAdvice(chosen, challenge) : statusAdvice(answer, chosen)}`,
    {
      code: wantsCredentials ? PROXY_AUTHENTICATION_REQUIRED : PROXY_REFUSED,
      phase: "proxy",
      proxyStatus: status,
      outlook: isServerFault(status) ? "again" : "never",
    },
  );
}

/** It accepted the CONNECT, and then sent a page instead of the tunnel. */
export function pageInsteadOfTunnel(chosen: ChosenProxy, target: Endpoint, status: number, page: string): NetworkError {
  return new NetworkError(
    `${describe(chosen)} answered with a web page (${statusText(status)}) where the tunnel to ${authorityOf(target)} should begin${quoted(page)}; a block page or a log-in page: ${forbiddenAdvice(chosen)}, or open a web page in a browser and sign in`,
    { code: PROXY_REFUSED, phase: "proxy", proxyStatus: status, outlook: "never" },
  );
}

/** Its answer has more headers than are accepted. */
export function oversizedHead(chosen: ChosenProxy, { code, what, advice }: typeof HEAD_TOO_LARGE): NetworkError {
  return new NetworkError(`${describe(chosen)} ${what}; ${advice}`, { code, phase: "proxy", outlook: "never" });
}

/** It accepted the connection and did not answer. */
export function silentProxy(peer: ProxyPeer, timeoutMs: number, advice: string): TimeoutError {
  return new TimeoutError(
    `${describePeer(peer)} accepted the connection but did not answer within ${timeoutMs} ms; ${advice}, or allow more time with connectTimeoutMs`,
    { phase: "connect", timeoutMs, outlook: "never" },
  );
}

/** A SOCKS5 proxy refused the credentials, or requires some and none were given. */
export function socksAuthenticationRefusal(chosen: ChosenProxy, target: Endpoint): NetworkError {
  return new NetworkError(
    `${describe(chosen)} refused to connect to ${authorityOf(target)}: it requires a user name and a password that it knows; ${credentialAdvice(chosen, undefined)}`,
    { code: PROXY_AUTHENTICATION_REQUIRED, phase: "proxy", outlook: "never" },
  );
}

export interface SocksReply {
  readonly meaning: string;
  readonly advice: string | ((chosen: ChosenProxy) => string);
  readonly retryable: boolean;
}

/** A SOCKS5 proxy's reply other than success. */
export function socksRefusal(chosen: ChosenProxy, target: Endpoint, reply: SocksReply): NetworkError {
  return new NetworkError(
    `${describe(chosen)} refused to connect to ${authorityOf(target)}: ${reply.meaning}; ${typeof reply.advice === "string" ? reply.advice : reply.advice(chosen)}`,
    { code: PROXY_REFUSED, phase: "proxy", outlook: reply.retryable ? "again" : "never" },
  );
}

/** The proxy hung up before it answered. */
export function hangUp(chosen: ChosenProxy, target: Endpoint, cause?: Error): NetworkError {
  return new NetworkError(
    `${describe(chosen)} closed the connection when asked to connect to ${authorityOf(target)}${inBrackets(codeOf(cause))}; check that ${chosen.source} names the right kind of proxy and that it allows this host`,
    { code: codeOf(cause) ?? PROXY_PROTOCOL_ERROR, phase: "proxy", cause },
  );
}

/** The server that answered is not a proxy of this kind. */
export function wrongProtocol(chosen: ChosenProxy): NetworkError {
  return new NetworkError(
    `${describe(chosen)} does not answer as ${chosen.proxy.isSocks ? "a SOCKS5" : "an HTTP"} proxy does; check scheme and port in ${chosen.source}`,
    { code: PROXY_PROTOCOL_ERROR, phase: "proxy", outlook: "never" },
  );
}

function quoted(page: string | undefined): string {
  return page ? ` (it says: ${JSON.stringify(printable(page))})` : "";
}

function describe(chosen: ChosenProxy): string {
  return describePeer(proxyPeer(chosen));
}

function credentialAdvice({ proxy, source }: ChosenProxy, challenge: string | undefined): string {
  const offered = offeredSchemes(challenge);
  if (offered.length > 0 && !offered.includes("basic")) {
    return `it accepts only ${offered.join(", ")} and this client sends Basic: ask its operators for Basic, or put a local proxy in between that supports ${offered.join(" or ")}`;
  }
  return proxy.credentials()
    ? `check user name and password in ${source}, special characters percent-encoded`
    : `put user name and password into ${source} as ${proxy.scheme}://user:password@host:port`;
}

const KNOWN_SCHEMES = ["basic", "digest", "ntlm", "negotiate", "kerberos", "bearer"];

/** Only known names in the position of a scheme: the header is the proxy's text, and a realm can have any name. */
function offeredSchemes(challenge = ""): string[] {
  const bare = challenge.toLowerCase().replace(/"(?:[^"\\]|\\.)*"/g, "");
  const schemes = new Set([...bare.matchAll(/(?:^|,)\s*([a-z]+)(?=\s|,|$)/g)].map(([, scheme]) => scheme));
  return KNOWN_SCHEMES.filter((scheme) => schemes.has(scheme));
}

/** For a host that the proxy's own rules do not allow. */
export function forbiddenAdvice({ source }: ChosenProxy): string {
  const around = source === OPTION_SOURCE ? `leave ${source} out` : "add the host to NO_PROXY";
  return `ask its operators to allow this host, or ${around} if it can be reached directly`;
}

function statusAdvice({ status, location }: HttpProxyAnswer, chosen: ChosenProxy): string {
  if (status === LOGIN_REQUIRED || (status >= 300 && status <= 399)) {
    const where = location === undefined ? "any web page" : printable(safeUrl(location));
    return `the network or the proxy requires a login first: open ${where} in a browser and sign in`;
  }
  if (status === 403) return forbiddenAdvice(chosen);
  if (status >= 500) return "it could not reach the host itself: check the name, and try again";
  return "check that it is a proxy and allows CONNECT to this port";
}
