import type { ProviderConfig } from "../../../src/api/provider.ts";
import type { CodexApiError } from "../../../src/api/refusal/kinds.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { RetryNotice } from "../../../src/client/observe/telemetry.ts";
import type { Step } from "../../../src/emulator/index.ts";
import { clientOptions, emulate, readEvents, textOf } from "../../support/clients.ts";

export const request = { model: "m", input: "repeat: hello" };

/** Runs one response against a scripted emulator and reports everything a fault is judged by. */
export async function run(script: readonly Step[], provider: Partial<ProviderConfig> = {}) {
  const emulator = await emulate({ script, rateLimits: false });
  const notices: RetryNotice[] = [];
  const options = {
    ...clientOptions(emulator.url, provider),
    telemetry: { onRetry: (notice: RetryNotice) => void notices.push(notice) },
  };
  const client = new ResponsesClient(options);
  const stream = await client.stream(request).catch((error: unknown) => error as Error);
  const { events, error } = stream instanceof Error ? { events: [], error: stream } : await readEvents(stream);
  return {
    emulator,
    notices,
    types: events
      .map((event) => event.type)
      .filter((type) => type !== "rate_limits" && type !== "server_model" && type !== "models_etag"),
    text: textOf(events),
    error: error as CodexApiError & Record<string, unknown>,
    requests: emulator.requests.length,
  };
}
