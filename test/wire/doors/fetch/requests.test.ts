import { describe, expect, it } from "vitest";
import { createFetch } from "../../../../src/client/index.ts";
import { apiKeyAuth, CodexApiError, openaiProvider } from "../../../../src/index.ts";
import { emulate } from "../../../support/clients.ts";
import { closedPort } from "../../../support/serve.ts";
import { kindsOf } from "../../session/support.ts";
import { eventsIn, HELLO, post, responsesFetch } from "../support.ts";

describe("a request", () => {
  it("that is not for a streamed or collected response is sent unchanged: other endpoints, uploads, background responses", async () => {
    const emulator = await emulate();
    const send = responsesFetch();
    const headers = { authorization: "Bearer k" };
    const models = await send(`${emulator.url}/models`, { headers });
    expect(await models.json()).toHaveProperty("data");
    const form = new FormData();
    form.append("purpose", "user_data");
    form.append("file", new Blob(["abc"]), "a.txt");
    const upload = await send(`${emulator.url}/files`, { method: "POST", headers, body: form });
    expect(await upload.json()).toMatchObject({ filename: "a.txt", bytes: 3 });
    const queued = await post(send, emulator, { ...HELLO, stream: false, background: true, store: true });
    expect(await queued.json()).toMatchObject({
      background: true,
      status: expect.stringMatching(/queued|in_progress/),
    });
    expect(new Set(kindsOf(emulator))).toEqual(new Set(["http"]));
  });

  it.each([
    ["an empty text as its input", { input: "" }, "missing_required_parameter"],
    ["no yes or no as its `stream`", { stream: "true" }, "invalid_type"],
  ])("that has %s is refused by the service as it is", async (_what, wrong, code) => {
    const emulator = await emulate();
    const answer = await post(responsesFetch(), emulator, { ...HELLO, ...wrong });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code } }]);
    expect(emulator.requests.map(({ json }) => json)).toEqual([{ ...HELLO, ...wrong }]);
  });

  it("may have a body in any form, or be a Request", async () => {
    const emulator = await emulate();
    const send = responsesFetch();
    const text = JSON.stringify(HELLO);
    const init = { method: "POST", headers: { authorization: "Bearer k", "content-type": "application/json" } };
    const url = `${emulator.url}/responses`;
    for (const answer of [
      await send(url, { ...init, body: new TextEncoder().encode(text) }),
      await send(new URL(url), { ...init, body: new Blob([text]) }),
      await send(new Request(url, { ...init, body: text })),
    ]) {
      expect(eventsIn(await answer.text()).at(-1)?.data.type).toBe("response.completed");
      expect(answer.url).toBe(url);
    }
    expect(kindsOf(emulator)).not.toContain("http");
  });

  it("has the credentials of the options only below the base URL of the provider", async () => {
    const emulator = await emulate({ requireAuth: "inside" });
    const other = await emulate();
    const send = responsesFetch({
      provider: openaiProvider({ baseUrl: emulator.url, proxy: false }),
      auth: apiKeyAuth("inside"),
    });
    expect((await post(send, emulator, HELLO)).status).toBe(200);
    expect((await send(`${emulator.url}/models`, { headers: { authorization: "Bearer k" } })).status).toBe(200);
    await post(send, other, HELLO);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer k"]);
  });

  it("that is redirected takes no credentials to the other address", async () => {
    const elsewhere = await emulate();
    const emulator = await emulate({
      script: () => ({ status: 307, headers: { location: `${elsewhere.url}/models` } }),
    });
    const provider = openaiProvider({ env: {}, baseUrl: emulator.url, proxy: false });
    for (const auth of [
      apiKeyAuth("inside"),
      { headers: () => ({ "x-own": "inside" }) },
      { accountId: () => "inside" },
    ]) {
      const answer = await responsesFetch({ provider, auth })(`${emulator.url}/models`);
      await answer.text();
    }
    expect(emulator.requests).toHaveLength(3);
    expect(JSON.stringify(elsewhere.requests)).not.toContain("inside");
  });

  it("that cannot be sent fails like one of fetch", async () => {
    const nowhere = { url: `http://127.0.0.1:${await closedPort()}/v1` };
    const [theirs, ours] = await Promise.all(
      [createFetch({ env: {} }), responsesFetch()].map((send) =>
        post(send, nowhere, HELLO).catch((error: unknown) => error),
      ),
    );
    expect(ours).toMatchObject({ name: "TypeError", message: (theirs as Error).message });
    expect(CodexApiError.is((ours as Error).cause)).toBe(true);
  });
});
