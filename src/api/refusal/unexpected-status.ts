import type { HttpFields } from "../../client/failure/kinds.ts";
import { bodyExcerpt } from "../../client/wording/body-excerpt.ts";
import { statusText } from "../../client/wording/status-text.ts";
import { header, headerText, requestIdOf } from "../headers.ts";
import { fieldOf, parseObject, textOf } from "../wire/json.ts";
import type { ErrorDetails } from "./details.ts";

const ADVICE: Readonly<Record<number, string>> = {
  401: "Check that the API key or token is set, still valid and meant for this server.",
  402: "Check the billing details and credits of the account.",
  403: "Check that the account may use this model and endpoint, and that your network or region is not blocked.",
  404: "Check the base URL (OpenAI's ends in /v1) and the model's name.",
  405: "Check the base URL: the server there is not the Responses API.",
  407: "The proxy requires credentials: put user:password@ into the URL of the proxy variable.",
  408: "Send the request again.",
  409: "Send the request again.",
  413: "The request is too large: compact or shorten its input.",
  415: "Switch request compression off if it is on, and check the base URL.",
  422: "Check the fields of the request against what this server supports.",
  426: "The server does not accept a WebSocket here: use HTTP.",
  431: "The request headers are too large: shorten extra headers or the turn metadata.",
  511: "The network requires a login first (a captive portal): open a web page and sign in.",
};
const SERVER_ADVICE = "This is an error of the server or a gateway: send the request again, later if it fails again.";

/** The message for an answer without a kind of its own: the Rust client's text, then what to do. */
export function unexpectedStatusText(answer: HttpFields, details: ErrorDetails): string {
  const { status, headers } = answer;
  const what = isCloudflareBlock(answer)
    ? `Access blocked by Cloudflare. This usually happens when connecting from a restricted region (status ${statusText(status)})`
    : `unexpected status ${statusText(status)}: ${(details.message ?? (bodyExcerpt(answer) || "Unknown error")).replace(/(?<!\.)\.$/, "")}`;
  const marks: readonly (readonly [string, string | undefined])[] = [
    ["url", answer.url],
    ["cf-ray", headerText(headers, header.cfRay)],
    ["request id", requestIdOf(headers)],
    ["auth error", headerText(headers, header.authorizationError)],
    ["auth error code", identityErrorCode(headers[header.errorJson])],
  ];
  const context = marks.map(([name, value]) => (value ? `, ${name}: ${value}` : "")).join("");
  const advice = doubledPath(answer) ?? ADVICE[status] ?? (status >= 500 ? SERVER_ADVICE : handshakeAdvice(answer));
  return advice === undefined ? what + context : `${(what + context).replace(/\.$/, "")}. ${advice}`;
}

/** For a handshake that was answered, but neither with a WebSocket nor with an error. */
function handshakeAdvice({ status, url = "", headers: { location } }: HttpFields): string | undefined {
  if (status >= 400 || !/^wss?:/i.test(url)) return undefined;
  if (status < 300 || location === undefined)
    return "The server there does not answer with a WebSocket: check the base URL, and whether a proxy or a captive portal is in between.";
  const [address] = location.split(/[?#]/, 1);
  return `It points to ${address}, and a WebSocket handshake is not redirected: if that address is right, put it into the base URL.`;
}

/** An address that was copied from a request, and not the one below which requests go. */
function doubledPath({ status, url = "" }: HttpFields): string | undefined {
  if (status !== 404 && status !== 405) return undefined;
  const [, path] = /(\/(?:responses|models))\1$/.exec(url) ?? [];
  return path === undefined ? undefined : `The base URL ends in ${path}, which the client adds: leave it out.`;
}

function isCloudflareBlock({ status, body }: HttpFields): boolean {
  return status === 403 && body.includes("Cloudflare") && body.includes("blocked");
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `error.code` of the JSON that the identity service sends in a header, in base64. */
function identityErrorCode(encoded: string | undefined): string | undefined {
  if (encoded === undefined || !BASE64.test(encoded)) return undefined;
  const told = parseObject(Buffer.from(encoded, "base64").toString());
  return textOf(fieldOf(told?.error, "code"));
}
