import { apiKeyAuth } from "../../../src/api/auth.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import type { ResponsesOptions } from "../../../src/api/responses/options.ts";
import type { RecordedRequest } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";

export const request = { model: "m", input: "repeat: hi" };

/** What one call sends. */
export async function sent(
  options: ResponsesOptions,
  provider: Parameters<typeof clientOptions>[1] = {},
): Promise<RecordedRequest> {
  const emulator = await emulate();
  const client = new ResponsesClient({ ...clientOptions(emulator.url, provider), auth: apiKeyAuth("key") });
  await (await client.stream(request, options)).collect();
  return emulator.nextRequest();
}
