import { inspect } from "node:util";
import { expect } from "vitest";
import type { ProviderConfig } from "../../src/api/provider.ts";
import { ResponsesClient } from "../../src/api/responses/client.ts";
import type { ResponseEvent } from "../../src/api/responses/events/types.ts";
import type { ResponseStream } from "../../src/api/responses/stream.ts";
import { ResponsesWebSocketClient } from "../../src/api/responses/websocket/client.ts";
import type { ServiceOptions } from "../../src/api/service/options.ts";
import type { ResponsesRequest } from "../../src/api/wire/requests.ts";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.ts";
import { cert, certPath } from "../support/certs.ts";
import { clientOptions, emulate, readEvents } from "../support/clients.ts";
import { HIDDEN_HOST } from "./program.ts";

/** Both ways a response travels; what holds for trust and route holds on either. */
export const CARRIERS = ["SSE", "WebSocket"] as const;
export type Carrier = (typeof CARRIERS)[number];

export interface Origin {
  readonly emulator: Emulator;
  /** The emulator under a name that only proxies can resolve. */
  readonly baseUrl: string;
}

/** An emulator of {@link HIDDEN_HOST}; with TLS its certificate is made out to that name by the fixture's root. */
export async function hiddenOrigin(options: EmulatorOptions & { readonly plain?: boolean } = {}): Promise<Origin> {
  const { plain = false, ...rest } = options;
  const tls = { cert: cert("other-host.pem"), key: cert("server.key") };
  const allowedHosts = [HIDDEN_HOST];
  const emulator = await emulate({ allowedHosts, ...(plain ? {} : { tls }), ...rest });
  return { emulator, baseUrl: emulator.url.replace("127.0.0.1", HIDDEN_HOST) };
}

export interface Question {
  readonly carrier: Carrier;
  readonly baseUrl: string;
  /** Everything that decides about trust and route. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: Partial<ProviderConfig>;
}

const REQUEST: ResponsesRequest = { model: "m", input: "repeat: one two three" };

/** Asks once, without retries. */
export async function open({ carrier, baseUrl, env, limits }: Question): Promise<ResponseStream> {
  const options: ServiceOptions = { ...clientOptions(baseUrl, { ...limits, retry: { maxRetries: 0 } }), env };
  if (carrier === "SSE") return new ResponsesClient(options).stream(REQUEST);
  const connection = await new ResponsesWebSocketClient(options).connect();
  return connection.stream(REQUEST);
}

/** The events until the end, and what ended them if it was a failure. */
export async function ask(question: Question): Promise<{ readonly events: ResponseEvent[]; readonly error: unknown }> {
  try {
    return await readEvents(await open(question));
  } catch (error) {
    return { events: [], error };
  }
}

/** Requests from a server of `inLockstep`: resolves with its words only if each arrived before the next one was sent. */
export async function readInLockstep(question: Question, heard: () => void): Promise<string[]> {
  const words: string[] = [];
  for await (const event of await open(question)) {
    if (event.type !== "output_text.delta") continue;
    words.push(event.delta);
    heard();
  }
  return words;
}

/**
 * The text of a whole answer.
 *
 * @throws The error that ended it.
 */
export async function answer(question: Question): Promise<string> {
  return (await (await open(question)).collect()).text;
}

/** The variables that make {@link hiddenOrigin} trusted. */
export const ROOT = { CODEX_CA_CERTIFICATE: certPath("root.pem") } as const;

/** The password of a proxy in no form in which an error is printed, nor in one in which it is sent. */
export function expectNoSecret(error: unknown, password: string): void {
  const sent = Buffer.from(`alice:${password}`).toString("base64");
  for (const text of [String(error), inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error)]) {
    for (const secret of [password, encodeURIComponent(password), sent]) expect(text).not.toContain(secret);
  }
}
