import { onTestFinished } from "vitest";
import { UndiciTransport, type UndiciTransportOptions } from "../../src/client/http/undici-transport.ts";
import { createDialer } from "../../src/client/route/index.ts";
import type { ByteStream, HttpRequest } from "../../src/client/transport.ts";
import { createTrust } from "../../src/client/trust/index.ts";

/** A transport without a proxy and a CA bundle, closed at the end of the test. */
export function openTransport(options: Partial<UndiciTransportOptions> = {}): UndiciTransport {
  const dialer = createDialer({ trust: createTrust({ env: {} }), env: {} });
  const transport = new UndiciTransport({ dialer, ...options });
  onTestFinished(() => transport.close());
  return transport;
}

export function get(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", url, headers: {}, ...more };
}

export function post(url: string, body: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "POST", url, headers: { "content-type": "text/plain" }, body: Buffer.from(body), ...more };
}

/** Reads a body to its end as text. */
export function textOf(body: ByteStream): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    body.pipe({
      chunk: (bytes) => void chunks.push(bytes),
      end: () => resolve(Buffer.concat(chunks).toString()),
      fail: reject,
    });
  });
}

/** The error that `promise` rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("expected a rejection");
}
