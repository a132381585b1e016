import { apiKeyAuth } from "../../../src/api/auth.ts";
import { FilesClient } from "../../../src/api/endpoints/files/client.ts";
import { ImagesClient } from "../../../src/api/endpoints/images/client.ts";
import type { Clock } from "../../../src/client/waiting/clock.ts";
import type { EmulatorOptions, RecordedRequest } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";

export const png = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

export async function openImages(options: EmulatorOptions = {}) {
  const emulator = await emulate(options);
  const client = new ImagesClient(clientOptions(emulator.url, { retry: { maxRetries: 0 } }));
  return { emulator, client, sent: () => emulator.requests[0] as RecordedRequest };
}

/** A clock whose sleeps take no time; they are written down. */
export function quickClock(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  let nowMs = 0;
  return {
    sleeps,
    now: () => nowMs,
    async sleep(ms) {
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}

export async function openFiles(options: EmulatorOptions = {}) {
  const emulator = await emulate(options);
  const clock = quickClock();
  const settings = clientOptions(`${emulator.origin}/backend-api`, { headers: { "x-gateway": "g" } });
  const client = new FilesClient({ ...settings, auth: apiKeyAuth("sk-secret-1"), clock });
  return { emulator, clock, client };
}
