import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import { grouped, pairs } from "../../headers.ts";
import type { Exchange } from "../exchanges/exchange.ts";
import { passedOn, type Upstream } from "./upstream.ts";

/** The ways to break off an answer. */
export interface Breaking {
  /** FIN. */
  cut(): void;
  /** RST. */
  reset(): void;
}

/** A request that is passed on. */
export interface Relayed {
  /** Its body as sent, before content decoding. */
  readonly wire: Uint8Array;
  readonly response: ServerResponse;
  readonly exchange: Exchange;
  readonly breaking: Breaking;
}

/**
 * Passes a request on and its answer back, and reports both to the exchange. An answer that breaks off there breaks off here in the same
 * way. A server that cannot be reached is a 502.
 */
export async function relayHttp(upstream: Upstream, relayed: Relayed): Promise<void> {
  const { wire, response } = relayed;
  const { head } = relayed.exchange;
  const url = upstream.urlOf(head.path);
  const hasBody = wire.length > 0 || !/^(?:GET|HEAD|DELETE)$/.test(head.method);
  const outgoing = (url.protocol === "https:" ? https : http).request(url, {
    method: head.method,
    headers: { ...upstream.requestHeaders(head), ...(hasBody && { "content-length": wire.length }) },
    ...(upstream.agent && { agent: upstream.agent }),
  });
  response.once("close", () => outgoing.destroy());
  const answer = await new Promise<IncomingMessage | Error>((resolve) => {
    outgoing.once("response", resolve);
    outgoing.once("error", resolve);
    outgoing.end(wire);
  });
  outgoing.on("error", () => {}); // the answer tells
  if (answer instanceof Error) return unreachable(answer, upstream, relayed);
  await passBack(answer, relayed);
}

async function passBack(answer: IncomingMessage, { response, exchange, breaking }: Relayed): Promise<void> {
  const headers = passedOn(pairs(answer.rawHeaders));
  exchange.pass({ kind: "answer", status: answer.statusCode ?? 502, headers });
  response.writeHead(answer.statusCode ?? 502, grouped(headers));
  response.flushHeaders();
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      exchange.body(chunk);
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  } catch (error) {
    if (response.destroyed) return; // the client left, which ended the answer
    breakAs(error, breaking);
  }
}

function breakAs(error: unknown, { cut, reset }: Breaking): void {
  // Node calls both ECONNRESET; a reset alone is a failure of reading.
  const isReset = error instanceof Error && ("syscall" in error || ("cause" in error && error.cause instanceof Error));
  if (isReset) reset();
  else cut();
}

function unreachable(error: Error, upstream: Upstream, { response, exchange, breaking }: Relayed): void {
  if (response.destroyed) return;
  if ((error as NodeJS.ErrnoException).code === "ECONNRESET") {
    breakAs(error, breaking);
    return;
  }
  const body = upstream.unreachable(error);
  exchange.answered(502, { "content-type": "application/json" });
  exchange.pass({ kind: "body", data: body });
  response.writeHead(502, { "content-type": "application/json" }).end(body);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
