import { onTestFinished } from "vitest";
import { createFetch } from "../../../src/client/index.ts";
import {
  createResponsesFetch,
  type ResponsesFetch,
  type ResponsesFetchOptions,
} from "../../../src/doors/fetch/index.ts";
import type { Emulator, EmulatorOptions } from "../../../src/emulator/index.ts";
import { emulate } from "../../support/clients.ts";

export const HELLO = { model: "gpt-5.5", input: "17*23", stream: true };

/** A `fetch` of ours for one test, without the proxies of the environment. */
export function responsesFetch(options: ResponsesFetchOptions = {}): ResponsesFetch {
  const ours = createResponsesFetch({ env: {}, ...options });
  onTestFinished(() => ours.close());
  return ours;
}

/** An event as it was sent in a stream. */
export interface SentEvent {
  readonly event: string | undefined;
  readonly data: Readonly<Record<string, unknown>> & { readonly type: string; readonly sequence_number?: number };
}

export function eventsIn(text: string): SentEvent[] {
  return text
    .split("\n\n")
    .filter((block) => block.includes("data: "))
    .map((block) => {
      const lines = block.split("\n");
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
      const event = lines.find((line) => line.startsWith("event: "))?.slice(7);
      return { event, data: JSON.parse(data.join("\n")) };
    });
}

/** A body up to its end or to the error that broke it. */
export async function readText(answer: Response): Promise<{ readonly text: string; readonly error: unknown }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) text += decoder.decode(chunk, { stream: true });
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

export interface Post {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Requests a response with the key `k`. */
export function post(send: typeof fetch, { url }: Pick<Emulator, "url">, body: object, { headers, signal }: Post = {}) {
  return send(`${url}/responses`, {
    method: "POST",
    headers: { authorization: "Bearer k", "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}

/** The same request with plain HTTP and with our `fetch`, each to its own emulator. */
export async function both(body: object, options: EmulatorOptions = {}) {
  const [one, two] = [await emulate(options), await emulate(options)];
  return {
    http: await post(createFetch({ env: {} }), one, body),
    ours: await post(responsesFetch(), two, body),
    emulator: two,
  };
}

/** The events, without ids and times, which differ between equal answers. */
export function told(text: string): unknown[] {
  return eventsIn(text).map(({ event, data }) => [event, withoutIds(data)]);
}

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== "object" || value === null) {
    return typeof value === "string" ? value.replace(/\b(resp|msg|rs|fc|call|obf)_[\w-]+/g, "$1") : value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !["created_at", "completed_at", "obfuscation"].includes(name))
      .map(([name, field]) => [name, withoutIds(field)]),
  );
}
