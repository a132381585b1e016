import { expect, it } from "vitest";
import type { ResponsesWebSocketConnection } from "../../../../../src/api/responses/websocket/connection.ts";
import { CallCredentials } from "../../../../../src/api/service/credentials.ts";
import { Observer } from "../../../../../src/api/service/observer.ts";
import { type ConnectionCall, SessionConnections } from "../../../../../src/api/session/lanes/connections.ts";
import { LaneSlot } from "../../../../../src/api/session/lanes/slot.ts";

interface Opened {
  isClosed: boolean;
  repeatsStreamIds: "unknown" | "yes" | "no";
  readonly busy: Set<string | undefined>;
}

/** Slots over connections that are nothing but open or closed. */
function connectionsOf({ maxConnections = 4, oneModel = false, whileConnecting = (): unknown => undefined } = {}) {
  const opened: Opened[] = [];
  const connect = async (): Promise<ResponsesWebSocketConnection> => {
    await whileConnecting();
    const busy = new Set<string | undefined>();
    const connection = {
      isClosed: false,
      repeatsStreamIds: "unknown" as const,
      busy,
      openedAt: performance.now(),
      isBusy: (streamId?: string) => busy.has(streamId),
      retire() {
        connection.isClosed = true;
      },
      async close() {
        connection.isClosed = true;
      },
    };
    opened.push(connection);
    return connection as unknown as ResponsesWebSocketConnection;
  };
  const connections = new SessionConnections({ connect, maxAgeMs: 60_000, maxConnections, oneModel });
  const lane = () => new LaneSlot(connections, { isNamed: true });
  return { slot: new LaneSlot(connections, { isNamed: false }), lane, connections, opened };
}

/** A call with the credentials of an account. */
function call(accountId = "a", signal?: AbortSignal): ConnectionCall {
  const observer = new Observer({}).begin({ endpoint: "responses" });
  const credentials = new CallCredentials({ accountId: () => accountId }, 0);
  return { options: { signal }, scope: { observer, credentials } };
}

async function namesOf(slots: readonly LaneSlot[]) {
  const leases = [];
  for (const slot of slots) leases.push(await slot.obtain(call()));
  return leases.map(({ streamId }) => streamId);
}

it("a connection that opens too late for its call serves the next one, and is closed if the session has ended", async () => {
  const abort = new AbortController();
  const { slot, connections, opened } = connectionsOf({ whileConnecting: () => abort.abort("late") });
  await expect(slot.obtain(call("a", abort.signal))).rejects.toMatchObject({ kind: "aborted", cause: "late" });
  expect(slot.history).toBeUndefined();
  await slot.obtain(call());
  expect(opened).toMatchObject([{ isClosed: false }]);
  const closing = connectionsOf({ whileConnecting: () => void closing.connections.close() });
  await closing.slot.obtain(call()).catch(() => {});
  expect(closing.opened[0]).toMatchObject({ isClosed: true });
  await connections.close();
});

it("a connection and its history are kept until it is closed", async () => {
  const { slot, opened } = connectionsOf();
  const first = await slot.obtain(call());
  expect(first.wasIdle).toBe(false);
  expect(await slot.obtain(call())).toMatchObject({ wasIdle: true, history: first.history });
  if (opened[0]) opened[0].isClosed = true;
  const second = await slot.obtain(call());
  expect(second.history).not.toBe(first.history);
  if (opened[1]) opened[1].isClosed = true;
  expect(slot.history).toBeUndefined();
  expect((await slot.obtain(call())).wasIdle).toBe(false);
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
});

it("a connection belongs to an account: another account gets another connection, a renewed token the same", async () => {
  const { slot, opened } = connectionsOf();
  const first = await slot.obtain(call("a"));
  expect((await slot.obtain(call("a"))).connection).toBe(first.connection);
  const second = await slot.obtain(call("b"));
  expect(second.connection).not.toBe(first.connection);
  expect(second.history).not.toBe(first.history);
  expect(opened).toMatchObject([{ isClosed: true }, { isClosed: false }]);
});

it("a connection that was opened without a request serves the model of the first one", async () => {
  const { slot, opened } = connectionsOf({ oneModel: true });
  await slot.obtain(call());
  for (const model of ["m", "m", "n"]) await slot.obtain({ ...call(), model });
  expect(opened).toHaveLength(2);
});

it("lanes that wait for the same connection get none of another account", async () => {
  const { lane, opened } = connectionsOf({ whileConnecting: () => new Promise(setImmediate) });
  const [first, second] = await Promise.all([lane().obtain(call("a")), lane().obtain(call("b"))]);
  expect(second?.connection).not.toBe(first?.connection);
  expect(opened).toHaveLength(2);
});

it("lanes share a connection that is opened once for all, and the session's own conversation has no name on it", async () => {
  const { slot, lane, opened } = connectionsOf();
  const leases = await Promise.all([slot, lane(), lane()].map((each) => each.obtain(call())));
  expect(opened).toHaveLength(1);
  expect(leases.map(({ streamId }) => streamId)).toEqual([undefined, "lane-1", "lane-2"]);
});

it("a name is used again after its lane has closed, unless something still runs under it", async () => {
  const { lane, opened } = connectionsOf();
  const lanes = [lane(), lane(), lane()];
  expect(await namesOf(lanes)).toEqual(["lane-1", "lane-2", "lane-3"]);
  for (const each of lanes) each.release();
  opened[0]?.busy.add("lane-1");
  expect(await namesOf([lane()])).toEqual(["lane-2"]);
});

it("a lane that is closed while its call begins keeps no name", async () => {
  const { lane } = connectionsOf();
  expect(await namesOf([lane()])).toEqual(["lane-1"]);
  const closed = lane();
  const abort = new AbortController();
  const obtaining = closed.obtain(call("a", abort.signal));
  abort.abort("closed");
  closed.release();
  await expect(obtaining).rejects.toMatchObject({ kind: "aborted", cause: "closed" });
  expect(await namesOf([lane()])).toEqual(["lane-2"]);
});

it("a lane whose last response continues unread takes another name, without history", async () => {
  const { lane, opened } = connectionsOf();
  const slot = lane();
  const { history } = await slot.obtain(call());
  opened[0]?.busy.add("lane-1");
  const next = await slot.obtain(call());
  expect(next).toMatchObject({ streamId: "lane-2", wasIdle: true });
  expect(next.history).not.toBe(history);
});

it("the 17th lane opens a second connection; if that is not allowed, up to 32 share the first", async () => {
  const roomy = connectionsOf();
  await namesOf(Array.from({ length: 17 }, roomy.lane));
  expect(roomy.opened).toHaveLength(2);
  const { lane, opened } = connectionsOf({ maxConnections: 1 });
  const lanes = Array.from({ length: 32 }, lane);
  expect(await namesOf(lanes)).toContain("lane-32");
  expect(opened).toHaveLength(1);
  await expect(lane().obtain(call())).rejects.toMatchObject({ kind: "limit", limit: 32, unit: "lanes" });
  lanes[4]?.release();
  expect(await namesOf([lane()])).toEqual(["lane-5"]);
});

it("a refused name is never used again, and lanes without a name share idle names", async () => {
  const { lane, opened } = connectionsOf({ maxConnections: 1 });
  const [first, second, third] = [lane(), lane(), lane()];
  await namesOf([first, second, third]);
  third.refused();
  opened[0]?.busy.add("lane-1");
  expect(await namesOf([third, lane()])).toEqual(["lane-2", "lane-2"]);
  second.release();
  opened[0]?.busy.clear();
  expect(await namesOf([lane()])).toEqual(["lane-1"]); // fewer lanes have it
});

it("a server known to accept few names gets as many connections at once as lanes need", async () => {
  let connecting = 0;
  let most = 0;
  const whileConnecting = async () => {
    connecting += 1;
    most = Math.max(most, connecting);
    await new Promise(setImmediate);
    connecting -= 1;
  };
  const { lane } = connectionsOf({ maxConnections: 3, whileConnecting });
  const [first, second] = [lane(), lane()];
  await namesOf([first, second]);
  second.refused();
  await Promise.all([second, lane()].map((each) => each.obtain(call())));
  expect(most).toBe(2);
});

it("a fork takes a place on the same connection, with its source's history", async () => {
  const { lane } = connectionsOf();
  const source = lane();
  const { connection, history } = await source.obtain(call());
  history.sent({ fields: {}, items: [] }, { previousResponseId: undefined, items: [] });
  history.completed("resp_1", []);
  const fork = await source.fork().obtain(call());
  expect(fork).toMatchObject({ connection, streamId: "lane-2", wasIdle: true });
  expect(fork.history.plan({ fields: {}, items: [] })).toMatchObject({ previousResponseId: "resp_1" });
});

it("if the server does not repeat names, each lane gets its own connection up to the limit, and then they take turns", async () => {
  const { lane, opened } = connectionsOf({ maxConnections: 2 });
  const [first, second, third] = [lane(), lane(), lane()];
  const before = await first.obtain(call());
  await second.obtain(call());
  if (opened[0]) opened[0].repeatsStreamIds = "no";
  const leases = [await first.obtain(call()), await second.obtain(call()), await third.obtain(call())];
  expect(opened).toHaveLength(2);
  expect(leases.map(({ streamId }) => streamId)).toEqual([undefined, undefined, undefined]);
  expect(leases[0]?.history).not.toBe(before.history); // the other one asked since
  expect(leases[1]?.connection).not.toBe(leases[0]?.connection);
  expect((await first.obtain(call())).history).toBe(leases[0]?.history);
  expect((await second.obtain(call())).history).not.toBe(leases[1]?.history); // the third asked there since
});
