import type { Socket } from "node:net";
import { secretsOf } from "../../../secrets/index.ts";
import type { NetworkError } from "../../failure/kinds.ts";
import { HEAD_TOO_LARGE, type HeaderMap, MAX_HEAD_BYTES } from "../../headers.ts";
import { blankerOf } from "../../observe/redact.ts";
import { packageVersion } from "../../version.ts";
import { bodyExcerpt } from "../../wording/body-excerpt.ts";
import type { ChosenProxy } from "../environment-proxy.ts";
import { authorityOf, type Endpoint } from "../target.ts";
import { hangUp, httpRefusal, oversizedHead, pageInsteadOfTunnel, wrongProtocol } from "./refusal.ts";

/** How many bytes of a refusal's page are read, and how long, before the refusal is reported. */
const PAGE_BYTES = 16 * 1024;
const PAGE_MS = 500;

const USER_AGENT = `codex-wire/${packageVersion}`;

const HTML_TYPE = /\bhtml\b/i;

interface Answer {
  readonly status: number;
  readonly headers: HeaderMap;
  /** The bytes that follow the head. */
  readonly rest: Buffer;
}

/**
 * Asks an HTTP proxy at the other end of `socket` for a tunnel to `target` (CONNECT, RFC 9110 §9.3.6) and resolves with the same socket.
 * Bytes after the answer stay in it for the next reader. Any 1xx before the answer is skipped.
 *
 * The answer is not read with Node's client, which takes a 1xx for the answer, refuses heads above 16 KiB, and does not give access to a
 * refusal's page. There is no time limit here: the caller destroys the socket.
 *
 * @param headers - Sent in addition to `Host`, `User-Agent` and, with credentials, `Proxy-Authorization`; they replace those.
 */
export async function openHttpTunnel(
  socket: Socket,
  chosen: ChosenProxy,
  target: Endpoint,
  headers: HeaderMap = {},
): Promise<Socket> {
  const authority = authorityOf(target);
  const authorization = chosen.proxy.basicAuthorization();
  const sent: HeaderMap = {
    host: authority,
    "user-agent": USER_AGENT,
    ...(authorization && { "proxy-authorization": authorization }),
    ...headers,
  };
  const lines = Object.entries(sent).map(([name, value]) => `${shownName(name)}: ${value}\r\n`);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  const answer = await readAnswer(socket, chosen, target);
  const isTunnel = answer.status >= 200 && answer.status <= 299;
  if (isTunnel && !isPage(answer)) {
    if (answer.rest.length > 0) socket.unshift(answer.rest);
    return socket;
  }
  const blank = blankerOf({ url: `http://${authority}`, headers: sent, secrets: proxyHeaderSecrets(headers) });
  const isWebPage = HTML_TYPE.test(answer.headers["content-type"] ?? "");
  const page =
    isWebPage || isTunnel ? blank(bodyExcerpt({ body: await readPage(socket, answer), headers: answer.headers })) : "";
  if (isTunnel) throw pageInsteadOfTunnel(chosen, target, answer.status, page);
  const { "proxy-authenticate": challenge, location } = answer.headers;
  throw httpRefusal(chosen, target, { status: answer.status, challenge, page, location: location && blank(location) });
}

/** Of the headers that a caller adds for a proxy, only the user agent is certainly no credential. */
export function proxyHeaderSecrets(headers: HeaderMap): string[] {
  return Object.keys(headers).flatMap((name) =>
    name === "user-agent" ? [] : secretsOf({ url: "", headers: { authorization: headers[name] ?? "" } }),
  );
}

/** As the Rust client writes them; some proxies compare names case-sensitively. */
function shownName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** A success has no body (RFC 9110 §9.3.6), but a captive portal sends a page anyway. */
function isPage({ headers, rest }: Answer): boolean {
  const hasBody = Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined;
  return (
    (hasBody && HTML_TYPE.test(headers["content-type"] ?? "")) ||
    /^\s*<(!doctype|html)/i.test(rest.toString("latin1", 0, 64))
  );
}

function readAnswer(socket: Socket, chosen: ChosenProxy, target: Endpoint): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const settle = (outcome: Answer | NetworkError): void => {
      socket.off("readable", onReadable).off("error", onError).off("close", onEnd).off("end", onEnd);
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    };
    const onReadable = (): void => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        bytes = Buffer.concat([bytes, chunk]);
        const outcome = parse(bytes, chosen);
        if (outcome) {
          settle(outcome);
          return;
        }
      }
    };
    const onError = (error: Error): void => settle(hangUp(chosen, target, error));
    const onEnd = (): void => settle(hangUp(chosen, target, socket.errored ?? undefined));
    socket.on("readable", onReadable).on("error", onError).on("close", onEnd).on("end", onEnd);
    if (socket.destroyed) onEnd();
  });
}

const STATUS_LINE = /^HTTP\/1\.[01] +([1-9]\d\d)(?= |\r?\n|$)/;

/** Undefined while more bytes are needed. The limit is for all heads together, because nothing else bounds the number of 1xx. */
function parse(bytes: Buffer, chosen: ChosenProxy): Answer | NetworkError | undefined {
  for (let from = 0; ; ) {
    const text = bytes.toString("latin1", from, MAX_HEAD_BYTES);
    const beginning = text.slice(0, 5);
    if (!"HTTP/".startsWith(beginning)) return wrongProtocol(chosen);
    const end = /\r?\n\r?\n/.exec(text);
    if (!end) return bytes.length >= MAX_HEAD_BYTES ? oversizedHead(chosen, HEAD_TOO_LARGE) : undefined;
    const head = text.slice(0, end.index);
    const status = Number(STATUS_LINE.exec(head)?.[1]);
    if (Number.isNaN(status)) return wrongProtocol(chosen);
    from += end.index + end[0].length;
    if (status >= 200) return { status, headers: headersOf(head), rest: bytes.subarray(from) };
  }
}

function headersOf(head: string): HeaderMap {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of head.split(/\r?\n/).slice(1)) {
    const colon = line.indexOf(":");
    if (colon < 1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

/** The beginning of a refusal's body, for the message. It does not wait for a proxy that sends it slowly or never ends it. */
function readPage(socket: Socket, { headers, rest }: Answer): Promise<string> {
  const length = Math.min(Number(headers["content-length"] ?? Number.POSITIVE_INFINITY), PAGE_BYTES);
  return new Promise((resolve) => {
    let bytes: Buffer = rest;
    const finish = (): void => {
      clearTimeout(timer);
      socket.off("readable", onReadable).off("close", finish).off("end", finish);
      resolve(bytes.toString("utf8", 0, PAGE_BYTES));
    };
    const onReadable = (): void => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read())
        bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= length) finish();
    };
    const timer = setTimeout(finish, PAGE_MS);
    socket.on("readable", onReadable).on("close", finish).on("end", finish);
    if (socket.destroyed || socket.readableEnded) finish();
    else onReadable();
  });
}
