import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import type { AuthProvider } from "../../../../src/api/auth.ts";
import { emulate } from "../../../support/clients.ts";
import { asking, bodiesAt, openSession, user } from "../support.ts";
import { ask, echo, SLOW, type Speaker, serveLanes, whole, wordOf } from "./support.ts";

describe("a request that is aborted before it is sent", () => {
  /** A session whose one connection is full: what is asked on it waits. */
  async function fullConnection() {
    const emulator = await emulate({ pace: { firstTokenMs: 60_000, delayMsPerWord: 0 }, script: [{ pace: SLOW }] });
    const waiting: (() => void)[] = [];
    const telemetry = { onCallWait: () => waiting.shift()?.() };
    const { session } = openSession(emulator.url, { maxConnections: 1, telemetry }, { supportsInterrupt: true });
    const lane = session.lane("waits");
    const history = [user("repeat: one")];
    const first = await (await lane.stream({ model: "m", input: history })).collect();
    history.push(...first.items);
    const fill = async () => {
      const others = Array.from({ length: 16 }, () => session.lane().stream(asking("never")));
      const streams = await Promise.all(others);
      return async () => void (await Promise.all(streams.map((stream) => stream.interrupt())));
    };
    const abortInLine = async (speaker: Speaker, text: string) => {
      const inLine = new Promise<void>((resolve) => void waiting.push(resolve));
      const abort = new AbortController();
      const { signal } = abort;
      const call = speaker.stream.call(speaker, { model: "m", input: [...history, user(text)] }, { signal });
      await inLine;
      abort.abort("never mind");
      await expect(call).rejects.toMatchObject({ kind: "aborted", cause: "never mind" });
    };
    /** The request of the next turn. */
    const next = async (speaker: Speaker) => {
      const stream = await speaker.stream({ model: "m", input: [...history, user("repeat: two")] });
      await stream.interrupt();
      return bodiesAt(emulator)
        .filter((body) => body.type === "response.create")
        .at(-1);
    };
    return { lane, responseId: first.responseId, fill, abortInLine, next };
  }

  it("does not cost its lane the increment: the next one continues the last response", async () => {
    const { lane, responseId, fill, abortInLine, next } = await fullConnection();
    const end = await fill();
    await abortInLine(lane, "never sent");
    await end();
    const body = await next(lane);
    expect(body).toMatchObject({ previous_response_id: responseId, input: [user("repeat: two")] });
  });

  it("does not affect forks, which continue the response they were made from", async () => {
    const { lane, responseId, fill, abortInLine, next } = await fullConnection();
    const before = lane.fork("before");
    const end = await fill();
    await abortInLine(before, "never sent");
    await abortInLine(lane, "never sent");
    await end();
    for (const speaker of [before, lane.fork("after"), lane])
      expect(await next(speaker)).toMatchObject({ previous_response_id: responseId, input: [user("repeat: two")] });
  });
});

it("an abort while a large message is sent is heard at once, and leaves the connection to the lanes that came after it", async () => {
  const server = await serveLanes((frame, own) => {
    whole(own, `resp_${server.frames.length}`, wordOf(frame).slice(0, 10));
  });
  const { session, notices } = openSession(server.url, { carrier: "websocket", frameCompression: false });
  const [large, small] = [session.lane("large"), session.lane("small")];
  await (await small.stream(ask("warm"))).collect();
  const tcp = (server.sockets[0] as unknown as { readonly _socket: Socket })._socket;
  tcp.pause();
  const abort = new AbortController();
  const sending = large.stream(ask("x".repeat(12 * 1024 * 1024)), { signal: abort.signal });
  await new Promise(setImmediate);
  const behind = small.stream(ask("behind")).then((stream) => stream.collect());
  await new Promise(setImmediate);
  abort.abort("never mind");
  await expect(sending).rejects.toMatchObject({ kind: "aborted", cause: "never mind" });
  tcp.resume();
  expect((await behind).text).toBe("behind");
  expect(server.sockets).toHaveLength(1);
  expect(notices).toEqual([]);
});

describe("a lane that is aborted while it opens the connection", () => {
  /** An auth provider that holds one of its answers back until it is let go. */
  function slowAuth(method: "bearerToken" | "onUnauthorized") {
    let [ask, letGo] = [() => {}, () => {}];
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const held = async <Answer>(answer: Answer): Promise<Answer> => {
      ask();
      await gate;
      return answer;
    };
    let token = "old";
    const auth: AuthProvider = {
      bearerToken: () => (method === "bearerToken" ? held("new") : token),
      async onUnauthorized() {
        await held(undefined);
        token = "new";
        return true;
      },
    };
    return { auth, asked, letGo };
  }

  it.each(["bearerToken", "onUnauthorized"] as const)(
    "does not end the others that wait for it, also while %s() of the auth provider is awaited",
    async (method) => {
      const emulator = await emulate({ requireAuth: "new" });
      const { auth, asked, letGo } = slowAuth(method);
      const { session } = openSession(emulator.url, { auth, carrier: "websocket" });
      const abort = new AbortController();
      const first = session.lane("a").stream(asking("one"), { signal: abort.signal });
      const second = echo(session.lane("b"), [], "two");
      await asked;
      abort.abort("never mind");
      await expect(first).rejects.toMatchObject({ kind: "aborted", cause: "never mind" });
      letGo();
      expect(await second).toBe("two");
    },
  );
});
