import type { ServerResponse } from "node:http";
import type { StepAnswer, StepHeaders } from "../delivery/script.ts";

export interface EncodedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

/** @param own - the emulator's headers, lower-case; the answer's replace them or, with `undefined`, take them away. */
export function encodeAnswer(answer: StepAnswer, own: Readonly<Record<string, string>>): EncodedAnswer {
  const { body } = answer;
  const isText = typeof body === "string";
  const bytes =
    isText || body instanceof Uint8Array
      ? Buffer.from(body)
      : Buffer.from(body === undefined ? "" : JSON.stringify(body));
  const type =
    body === undefined || body instanceof Uint8Array
      ? {}
      : { "content-type": isText ? "text/plain" : "application/json" };
  const { status = 200 } = answer;
  // RFC 9110 §8.6: these two have no body, and 204 must not even say so.
  const length = status === 204 || status === 304 ? {} : { "content-length": String(bytes.length) };
  return {
    status,
    headers: mergeHeaders({ ...own, ...type, ...length }, answer.headers),
    body: bytes,
  };
}

export function mergeHeaders(
  own: Readonly<Record<string, string>>,
  more: StepHeaders | undefined,
): Record<string, string | readonly string[]> {
  const merged: Record<string, string | readonly string[]> = { ...own };
  for (const [name, value] of Object.entries(more ?? {})) {
    if (value === undefined) delete merged[name.toLowerCase()];
    else merged[name.toLowerCase()] = value;
  }
  return merged;
}

export function writeHeaders(response: ServerResponse, status: number, headers: EncodedAnswer["headers"]): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

export function sendAnswer(response: ServerResponse, answer: EncodedAnswer): void {
  writeHeaders(response, answer.status, answer.headers);
  response.end(answer.body);
}
