import { describe, expect, it } from "vitest";
import { createFetch } from "../../src/client/interop/index.ts";
import { cert, certPath } from "../support/certs.ts";
import { emulate } from "../support/clients.ts";
import { inLockstep, WORDS } from "../support/lockstep.ts";
import { answer, ask, CARRIERS, ROOT, readInLockstep } from "./asking.ts";
import { startHaproxy, startNginx } from "./edges.ts";

const EDGES = [
  { name: "nginx", start: startNginx, wantsCertificate: /demands a client certificate|400.*certificate/s },
  { name: "haproxy", start: startHaproxy, wantsCertificate: /demands a client certificate.*option clientCertificate/s },
];

const MINE = { cert: { path: certPath("client.pem") }, key: { path: certPath("client.key") } };

describe.each(EDGES)("behind $name, which ends TLS for the service", ({ start, wantsCertificate }) => {
  it.each(CARRIERS)("events come one by one, %s", async (carrier) => {
    const { script, heard } = inLockstep();
    const { baseUrl } = await start(await emulate({ script }));
    expect(await readInLockstep({ carrier, baseUrl, env: ROOT }, heard)).toEqual(WORDS);
  });

  it.each(CARRIERS)("its certificate is checked as any other, %s", async (carrier) => {
    const origin = await emulate();
    const { baseUrl } = await start(origin);
    const { error } = await ask({ carrier, baseUrl, env: {} });
    expect(error).toMatchObject({ phase: "tls", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", outlook: "never" });
    expect(origin.requests).toEqual([]);
  });

  it.each(CARRIERS)(
    "a client certificate that it wants is asked for by the name of the option, and opens the way, %s",
    async (carrier) => {
      const origin = await emulate();
      const { baseUrl } = await start(origin, { asksForCertificate: true });
      const { error } = await ask({ carrier, baseUrl, env: ROOT });
      expect((error as Error).message).toMatch(wantsCertificate);
      expect(origin.requests).toEqual([]);
      expect(await answer({ carrier, baseUrl, env: ROOT, limits: { clientCertificate: MINE } })).toBe("one two three");
    },
  );

  it.each(CARRIERS)(
    "a stream that it cuts for its silence is a failure that may pass, and what came is kept, %s",
    async (carrier) => {
      const { baseUrl } = await start(await emulate({ script: [{ stallAfterEvents: 3 }] }), { silenceSeconds: 1 });
      const { events, error } = await ask({ carrier, baseUrl, env: ROOT });
      expect(events.length).toBeGreaterThan(0);
      expect(error).toMatchObject({ outlook: expect.stringMatching(/again|continue/) });
    },
  );

  it("a kept connection that it closes meanwhile costs the next request nothing", async () => {
    const { baseUrl } = await start(await emulate(), { keepsSeconds: 1 });
    const policyFetch = createFetch({ env: {}, ca: { pem: cert("root.pem") } });
    for (let round = 0; round < 2; round += 1) {
      const models = await policyFetch(`${baseUrl}/models`);
      expect(models.status).toBe(200);
      await models.text();
      // It ends only with time, without an event.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
    }
  });
});

it("http:// written for nginx's TLS port is told by nginx's own word, once", async () => {
  const { baseUrl } = await startNginx(await emulate());
  const { error } = await ask({ carrier: "SSE", baseUrl: baseUrl.replace("https:", "http:"), env: {} });
  expect((error as Error).message).toMatch(/plain HTTP request was sent to HTTPS port/);
});

it("http:// written for haproxy's TLS port says to write https://", async () => {
  const { baseUrl } = await startHaproxy(await emulate());
  const { error } = await ask({ carrier: "SSE", baseUrl: baseUrl.replace("https:", "http:"), env: {} });
  expect((error as Error).message).toMatch(/https:/);
});
