import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished } from "vitest";
import type { ClientOptions } from "../../src/api/endpoint-session.ts";
import { ResponsesClient } from "../../src/api/responses/client.ts";
import type { ResponseEvent } from "../../src/api/responses/events.ts";
import type { ResponseStream } from "../../src/api/responses/stream.ts";
import { ResponsesWebsocketClient } from "../../src/api/responses/websocket-client.ts";
import type { ResponsesRequest } from "../../src/api/wire/requests.ts";
import type { Emulator, EmulatorOptions, Step } from "../../src/emulator/index.ts";
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
  const emulator = await emulate(plain ? rest : { tls, ...rest });
  return { emulator, baseUrl: emulator.url.replace("127.0.0.1", HIDDEN_HOST) };
}

export interface Question {
  readonly carrier: Carrier;
  readonly baseUrl: string;
  /** Everything that decides about trust and route. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: { readonly streamIdleTimeoutMs?: number; readonly headersTimeoutMs?: number };
}

const REQUEST: ResponsesRequest = { model: "m", input: "repeat: one two three" };

/** Asks once, without retries. */
export async function open({ carrier, baseUrl, env, limits }: Question): Promise<ResponseStream> {
  const options: ClientOptions = { ...clientOptions(baseUrl, { ...limits, retry: { maxRetries: 0 } }), env };
  if (carrier === "SSE") return new ResponsesClient(options).stream(REQUEST);
  const connection = await new ResponsesWebsocketClient(options).connect();
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

/** What the server of {@link inLockstep} says. */
export const WORDS: readonly string[] = ["one ", "two ", "three "];

/**
 * A server that says its next word only when the client has read the last one: an answer that is held back on the way never ends.
 *
 * @returns `script` for the emulator; `read` asks it and gives the words.
 */
export function inLockstep(): {
  readonly script: readonly Step[];
  read(question: Question): Promise<string[]>;
} {
  const turns = WORDS.map(() => turnstile());
  async function* events(): AsyncGenerator<unknown, void> {
    yield { type: "response.created", response: { id: "resp_1" } };
    for (const [index, delta] of WORDS.entries()) {
      yield { type: "response.output_text.delta", delta };
      await turns[index]?.passed;
    }
    yield { type: "response.completed", response: { id: "resp_1" } };
  }
  return {
    script: [{ events: events() }],
    async read(question) {
      const heard: string[] = [];
      for await (const event of await open(question)) {
        if (event.type !== "output_text.delta") continue;
        turns[heard.length]?.pass();
        heard.push(event.delta);
      }
      return heard;
    },
  };
}

function turnstile(): { readonly passed: Promise<void>; pass(): void } {
  let pass = (): void => {};
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass: () => pass() };
}

/** A file of the test's own with these certificates. */
export function bundleFile(...pems: readonly (string | undefined)[]): string {
  const folder = mkdtempSync(join(tmpdir(), "codex-api-bundle-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ca.pem");
  writeFileSync(path, pems.join("\n"));
  return path;
}

/** The text of a whole answer. @throws What ended it instead. */
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
