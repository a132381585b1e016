import { expect, it } from "vitest";
import type { ResponsesWebsocketConnection } from "../../../../src/api/responses/websocket-connection.ts";
import { ConnectionSlot } from "../../../../src/api/session/connection-slot.ts";

interface Opened {
  isClosed: boolean;
  readonly openedAt: number;
}

/** A slot over connections that are nothing but open or closed. */
function slotOf(whileConnecting: () => void = () => {}) {
  const opened: Opened[] = [];
  const slot = new ConnectionSlot(
    {
      async connect() {
        whileConnecting();
        const connection = {
          isClosed: false,
          openedAt: performance.now(),
          async close() {
            connection.isClosed = true;
          },
        };
        opened.push(connection);
        return connection as unknown as ResponsesWebsocketConnection;
      },
    },
    60_000,
  );
  return { slot, opened };
}

it("a connection that opens too late for its call is closed and not kept", async () => {
  const abort = new AbortController();
  const { slot, opened } = slotOf(() => abort.abort("late"));
  await expect(slot.obtain({ signal: abort.signal })).rejects.toMatchObject({ kind: "aborted", cause: "late" });
  expect(opened).toMatchObject([{ isClosed: true }]);
  expect(slot.history).toBeUndefined();
});

it("a connection is kept, with what it knows, until it is closed", async () => {
  const { slot, opened } = slotOf();
  const first = await slot.obtain({});
  expect(first.wasIdle).toBe(false);
  expect(await slot.obtain({})).toMatchObject({ wasIdle: true, history: first.history });
  if (opened[0]) opened[0].isClosed = true;
  const second = await slot.obtain({});
  expect(second.history).not.toBe(first.history);
  if (opened[1]) opened[1].isClosed = true;
  expect(slot.history).toBeUndefined();
  expect((await slot.obtain({})).wasIdle).toBe(false);
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
});
