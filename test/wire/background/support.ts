import { onTestFinished } from "vitest";
import type { RecordedRequest, Step } from "../../../src/emulator/index.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../../src/emulator/index.ts";
import {
  CodexApi,
  type CodexApiOptions,
  noAuth,
  openaiProvider,
  type ProviderConfig,
  type ResponseEvent,
  type RetryNotice,
} from "../../../src/index.ts";

export interface Stage {
  readonly emulator: Emulator;
  readonly api: CodexApi;
  /** The announcements. */
  readonly notices: RetryNotice[];
  /** Requests that made a response. */
  generations(): number;
}

/** An emulator and the whole API before it: no key, no proxy, quick retries. */
export async function stage(
  options: EmulatorOptions = {},
  provider: Partial<ProviderConfig> = {},
  more: Partial<CodexApiOptions> = {},
): Promise<Stage> {
  const emulator = await startEmulator({ rateLimits: false, ...options });
  const notices: RetryNotice[] = [];
  const api = new CodexApi({
    provider: openaiProvider({
      env: {},
      baseUrl: emulator.url,
      ...provider,
      retry: { baseDelayMs: 1, ...provider.retry },
    }),
    auth: noAuth(),
    env: {},
    telemetry: { onRetry: (notice) => void notices.push(notice) },
    ...more,
  });
  onTestFinished(async () => {
    await api.close();
    await emulator.close();
  });
  const generations = () =>
    emulator.requests.filter(({ method, path }) => method === "POST" && path === "/v1/responses").length;
  return { emulator, api, notices, generations };
}

/** Polls, and any other wait, take no time. */
export const hurriedClock = {
  now: () => Date.now(),
  sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
};

const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  "server_model",
  "rate_limits",
  "models_etag",
  "server_reasoning_included",
  "resumed",
]);

/** The events of the response, without those of its connections. */
export function ofResponse(events: readonly ResponseEvent[]): ResponseEvent[] {
  return events.filter(({ type }) => !OF_THE_CONNECTION.has(type));
}

export async function read(stream: AsyncIterable<ResponseEvent>): Promise<ResponseEvent[]> {
  const events: ResponseEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

export const asked = (input: string) => ({ model: "m", input, background: true }) as const;

export const isStream = ({ method, path }: RecordedRequest) => method === "GET" && path.includes("stream=true");

export const isAsk = ({ method, path }: RecordedRequest) => method === "GET" && !path.includes("stream=true");

/** The first connection is cut; of the requests after it `later` decides. */
export function cutOnce(first: Step, later: (request: RecordedRequest) => Step | undefined = () => undefined) {
  return (request: RecordedRequest) => (request.method === "POST" ? first : later(request));
}

/** An answer that streams, of a response that the emulator does not know. */
export function streamOf(events: readonly object[]): Step {
  return streamOfTexts(...events.map((event) => JSON.stringify(event)));
}

export function streamOfTexts(...events: readonly string[]): Step {
  const body = events.map((event) => `data: ${event}\n\n`).join("");
  return { status: 200, headers: { "content-type": "text/event-stream" }, body };
}

export const resumedIn = (events: readonly ResponseEvent[]) => events.filter((event) => event.type === "resumed");
