import { describe, expect, it } from "vitest";
import type { CallEnd } from "../../../src/api/service/observer.ts";
import { emulate } from "../../support/clients.ts";
import { asking, openSession } from "./support.ts";

describe("session.compact", () => {
  it("is requested with the session's headers, and the next request continues its result", async () => {
    const emulator = await emulate();
    const ends: CallEnd[] = [];
    const { session } = openSession(emulator.url, { telemetry: { onCallEnd: (end) => void ends.push(end) } });
    const { input } = asking("hello");
    const { items } = await (await session.stream(asking("hello"))).collect();
    const short = await session.compact({ model: "gpt-5.5", input: [...input, ...items] });
    expect(short.some(({ type }) => type === "compaction")).toBe(true);
    await (await session.stream(asking("go on", short))).collect();
    const [, , compact, last] = emulator.requests;
    expect(compact).toMatchObject({ method: "POST", path: "/v1/responses/compact" });
    expect(compact?.json).toMatchObject({ prompt_cache_key: session.conversationId });
    expect(compact?.headers).toMatchObject({ session_id: session.conversationId });
    expect(last?.json).not.toHaveProperty("previous_response_id");
    expect(ends.map(({ endpoint, outcome }) => [endpoint, outcome])).toEqual([
      ["responses", "completed"],
      ["responses/compact", "completed"],
      ["responses", "completed"],
    ]);
  });

  it("sends only the trigger if the service has the history", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const { input } = asking("hello");
    const { items, responseId } = await (await session.stream(asking("hello"))).collect();
    const short = await session.compact({ ...asking("hello"), input: [...input, ...items] }, { form: "trigger" });
    expect(short).toMatchObject([{ type: "compaction" }]);
    expect(emulator.requests.at(-1)?.json).toMatchObject({
      previous_response_id: responseId,
      input: [{ type: "compaction_trigger" }],
    });
  });

  it("waits for the call before it, and ends with the session", async () => {
    const emulator = await emulate({ script: [{ stallAfterEvents: 2 }] });
    const { session } = openSession(emulator.url);
    const stream = await session.stream(asking("hello"));
    const compacting = session.compact({ model: "gpt-5.5", input: "x" });
    void compacting.catch(() => undefined);
    for await (const _event of stream) break;
    await expect(compacting).resolves.not.toHaveLength(0);
    const late = session.compact({ model: "gpt-5.5", input: "x" });
    void late.catch(() => undefined);
    await session.close();
    await expect(late).rejects.toMatchObject({ kind: "aborted" });
  });

  it.each([
    ["fom", "did you mean form?"],
    ["wireEvents", "there are headers, signal, traceContext, form, turnMetadata"],
  ])("refuses the option %s: %s", async (name, advice) => {
    const { session } = openSession((await emulate()).url);
    const failure = session.compact({ model: "gpt-5.5", input: [] }, { [name]: true });
    await expect(failure).rejects.toMatchObject({ kind: "build", message: expect.stringContaining(advice) });
  });

  it("refuses an unknown form", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const form = "other" as "trigger";
    await expect(session.compact({ model: "m", input: "x" }, { form })).rejects.toMatchObject({ kind: "build" });
    expect(emulator.requests).toEqual([]);
  });
});
