import { expect, it } from "vitest";
import type { ResponsesWebSocketConnection } from "../../../../src/api/responses/websocket/connection.ts";
import { CallCredentials } from "../../../../src/api/service/credentials.ts";
import { Observer } from "../../../../src/api/service/observer.ts";
import { type ConnectionCall, ConnectionSlot } from "../../../../src/api/session/connection-slot.ts";

interface Opened {
  isClosed: boolean;
  readonly openedAt: number;
}

/** A slot over connections that are nothing but open or closed. */
function slotOf(whileConnecting: () => void = () => {}) {
  const opened: Opened[] = [];
  const connect = async (): Promise<ResponsesWebSocketConnection> => {
    whileConnecting();
    const connection = {
      isClosed: false,
      openedAt: performance.now(),
      async close() {
        connection.isClosed = true;
      },
    };
    opened.push(connection);
    return connection as unknown as ResponsesWebSocketConnection;
  };
  return { slot: new ConnectionSlot(connect, 60_000), opened };
}

/** A call with the credentials of an account. */
function call(accountId = "a", signal?: AbortSignal): ConnectionCall {
  const observer = new Observer({}).begin({ endpoint: "responses" });
  const credentials = new CallCredentials({ accountId: () => accountId }, signal, 0);
  return { options: { signal }, part: { observer, credentials } };
}

it("a connection that opens too late for its call is closed and not kept", async () => {
  const abort = new AbortController();
  const { slot, opened } = slotOf(() => abort.abort("late"));
  await expect(slot.obtain(call("a", abort.signal))).rejects.toMatchObject({ kind: "aborted", cause: "late" });
  expect(opened).toMatchObject([{ isClosed: true }]);
  expect(slot.history).toBeUndefined();
});

it("a connection is kept, with what it knows, until it is closed", async () => {
  const { slot, opened } = slotOf();
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

it("a connection is its account's: another account gets another, and a renewed token the same", async () => {
  const { slot, opened } = slotOf();
  const first = await slot.obtain(call("a"));
  expect((await slot.obtain(call("a"))).connection).toBe(first.connection);
  const second = await slot.obtain(call("b"));
  expect(second.connection).not.toBe(first.connection);
  expect(second.history).not.toBe(first.history);
  expect(opened).toMatchObject([{ isClosed: true }, { isClosed: false }]);
});
