import { getEventListeners } from "node:events";
import type { LookupFunction, Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import { expect, onTestFinished } from "vitest";
import { CodexApiError } from "../../../src/api/refusal/kinds.ts";
import { createDialer, type Dialer, type DialerOptions, targetOf } from "../../../src/client/route/index.ts";
import { startTcpServer } from "../../support/proxies/loopback.ts";
import { loopbackTrust } from "./loopback-trust.ts";

/** A dialer that sees no environment but the given one, and resolves no names but the given ones. */
export function testDialer(options: Partial<DialerOptions> & { readonly hosts?: Record<string, string> } = {}): Dialer {
  const { hosts, ...rest } = options;
  return createDialer({ trust: loopbackTrust(), env: {}, lookup: lookupIn(hosts ?? {}), ...rest });
}

/** A resolver that knows `localhost` and the given hosts; the rest is ENOTFOUND. */
function lookupIn(hosts: Record<string, string>): LookupFunction {
  return (hostname, options, callback) => {
    const address = hosts[hostname] ?? (hostname === "localhost" ? "127.0.0.1" : undefined);
    queueMicrotask(() => {
      if (address === undefined) {
        const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: "ENOTFOUND" });
        return callback(error, "");
      }
      const family = address.includes(":") ? 6 : 4;
      if (options.all) callback(null, [{ address, family }]);
      else callback(null, address, family);
    });
  };
}

/** Dials and hands the socket to the test's teardown. */
export async function dialed(dialer: Dialer, url: string, signal?: AbortSignal): Promise<Socket> {
  const socket = await dialer.dial(targetOf(url), { timeoutMs: 5_000, signal });
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** The error that `promise` rejects with, which must be one of this package. */
export async function failureOf(promise: Promise<unknown>): Promise<CodexApiError & Record<string, unknown>> {
  const outcome = await promise.then(
    () => new Error("nothing was thrown"),
    (error: unknown) => error,
  );
  if (!CodexApiError.is(outcome)) throw outcome;
  return outcome as CodexApiError & Record<string, unknown>;
}

/** The next `length` bytes of a socket as text. */
export async function readText(socket: Socket, length: number): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.length >= length) break;
  }
  return text;
}

/** Counts the handles that keep the process alive; the returned function waits until there are no more of them than that. */
export function watchHandles(): () => Promise<void> {
  const before = countHandles();
  return async () => {
    for (let turns = 0; turns < 2_000 && exceeds(countHandles(), before); turns += 1) await turn();
    const now = countHandles();
    if (exceeds(now, before)) expect(now).toEqual(before);
  };
}

function countHandles(): { readonly sockets: number; readonly timers: number } {
  const handles = process.getActiveResourcesInfo();
  return {
    sockets: handles.filter((handle) => handle === "TCPSocketWrap" || handle === "TLSWrap").length,
    timers: handles.filter((handle) => handle === "Timeout").length,
  };
}

function exceeds(now: ReturnType<typeof countHandles>, before: ReturnType<typeof countHandles>): boolean {
  return now.sockets > before.sockets || now.timers > before.timers;
}

export function abortListeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

/** Every way in which an error may reach a log. */
export function printed(error: CodexApiError): string {
  return [
    error.message,
    error.stack,
    JSON.stringify(error),
    inspect(error, { depth: 12, showHidden: true, getters: true }),
    String(error.cause),
  ].join("\n");
}

/** A proxy that reads one request and answers with these bytes, as given. */
export async function scriptedProxy(answer: (write: (bytes: string) => Promise<void>) => Promise<void> | void) {
  return startTcpServer((socket) => {
    const write = (bytes: string) =>
      new Promise<void>((resolve) => {
        socket.write(bytes, () => resolve());
      });
    socket.setNoDelay(true).once("data", () => void answer(write));
  });
}
