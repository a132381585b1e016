import { onTestFinished } from "vitest";
import { noAuth } from "../../src/api/auth.ts";
import type { ProviderConfig } from "../../src/api/provider.ts";
import { openaiProvider } from "../../src/api/providers.ts";
import type { ResponseEvent } from "../../src/api/responses/events/types.ts";
import type { ServiceOptions } from "../../src/api/service/options.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/index.ts";

/** An emulator for one test. */
export async function emulate(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());
  return emulator;
}

/** Client options for a server on loopback: no key, no proxy, quick retries. */
export function clientOptions(baseUrl: string, overrides: Partial<ProviderConfig> = {}): ServiceOptions {
  const provider = openaiProvider({ env: {}, baseUrl, ...overrides, retry: { baseDelayMs: 1, ...overrides.retry } });
  return { provider, auth: noAuth(), env: {} };
}

/** Events until the end, and the error that ended them, if any. */
export async function readEvents(
  events: AsyncIterable<ResponseEvent>,
): Promise<{ readonly events: ResponseEvent[]; readonly error: unknown }> {
  const seen: ResponseEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
    return { events: seen, error: undefined };
  } catch (error) {
    return { events: seen, error };
  }
}

export function textOf(events: readonly ResponseEvent[]): string {
  return events.map((event) => (event.type === "output_text.delta" ? event.delta : "")).join("");
}
