import { describe, expect, it } from "vitest";
import { emulate } from "../../support/clients.ts";
import { answerTo, asking, carriers, openSession, run } from "./support.ts";

describe("credentials", () => {
  it.each(carriers)("are sent with their account over %s", async (carrier) => {
    const emulator = await emulate();
    const auth = { bearerToken: () => "token-1", accountId: () => "account-1" };
    const { session } = openSession(emulator.url, { auth, carrier });
    await answerTo(session, asking("one"));
    expect(emulator.requests[0]?.headers).toMatchObject({
      authorization: "Bearer token-1",
      "chatgpt-account-id": "account-1",
    });
  });

  it.each(carriers)("that are refused are renewed once per call over %s", async (carrier) => {
    let renewals = 0;
    const auth = { bearerToken: () => `token-${renewals}`, onUnauthorized: () => ++renewals > 0 };
    const emulator = await emulate({ requireAuth: "token-1" });
    const { session } = openSession(emulator.url, { auth, carrier });
    expect((await answerTo(session, asking("one"))).text).toBe("one");
    expect(renewals).toBe(1);
  });

  it.each(carriers)(
    "that are refused are not renewed again by the retries of the same call, over %s",
    async (carrier) => {
      let renewals = 0;
      const auth = { bearerToken: () => "never right", onUnauthorized: () => ++renewals > 0 };
      const emulator = await emulate({ requireAuth: "token-1" });
      const { session } = openSession(emulator.url, { auth, carrier }, { maxStreamRetries: 2 });
      expect((await run(session, asking("one"))).error).toMatchObject({ kind: "http", status: 401 });
      expect(renewals).toBe(1);
      expect(emulator.requests).toHaveLength(2);
      await run(session, asking("one"));
      expect(renewals).toBe(2);
    },
  );
});
