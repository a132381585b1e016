import type { ServerResponse } from "node:http";
import type { StepAnswer, StepHeaders } from "../delivery/script.ts";

export interface EncodedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A string is sent in one packet with the head. */
  readonly body: string | Uint8Array;
}

/** @param own - The emulator's headers, lower-case; the answer's replace them or, with `undefined`, remove them. It is modified. */
export function encodeAnswer(answer: StepAnswer, own: Record<string, string>): EncodedAnswer {
  const { body, status = 200 } = answer;
  const isText = typeof body === "string";
  const encoded = isText || body instanceof Uint8Array ? body : body === undefined ? "" : JSON.stringify(body);
  if (body !== undefined && !(body instanceof Uint8Array))
    own["content-type"] = isText ? "text/plain" : "application/json";
  // RFC 9110 §8.6: these two have no body, and 204 must not have a length either.
  if (status !== 204 && status !== 304) own["content-length"] = String(Buffer.byteLength(encoded));
  return { status, headers: mergeHeaders(own, answer.headers), body: encoded };
}

/** @param own - Is modified. */
export function mergeHeaders(
  own: Record<string, string | readonly string[]>,
  more: StepHeaders = {},
): EncodedAnswer["headers"] {
  for (const name in more) {
    const value = more[name];
    if (value === undefined) delete own[name.toLowerCase()];
    else own[name.toLowerCase()] = value;
  }
  return own;
}

/** All at once: setting headers one by one costs Node several times as much. */
export function writeHead(response: ServerResponse, status: number, headers: EncodedAnswer["headers"]): void {
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name] ?? "";
    if (typeof value === "string") flat.push(name, value);
    else for (const single of value) flat.push(name, single);
  }
  response.writeHead(status, flat);
}

export function sendAnswer(response: ServerResponse, answer: EncodedAnswer): void {
  writeHead(response, answer.status, answer.headers);
  response.end(answer.body);
}
