import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { emulate } from "../../support/clients.ts";
import { answerTo, asking, handshakesAt, openSession } from "./support.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in use after everything that can go has gone. */
function heapInUse(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

it("five hundred turns in one session leave no memory, listeners and timers behind", {
  timeout: 60_000,
}, async () => {
  const emulator = await emulate({ recordLimit: 0 }); // what passes on one connection is one exchange, which it would keep
  const { session } = openSession(emulator.url);
  const { signal } = new AbortController();
  const turn = async (text: string) => {
    session.startTurn();
    expect((await answerTo(session, asking(text), { signal })).text).toBe(text);
  };
  for (let n = 0; n < 300; n += 1) await turn(`warm ${n}`);
  const before = { heap: heapInUse(), timers: timers() };
  for (let n = 0; n < 500; n += 1) await turn(`turn ${n}`);
  const grownBytes = heapInUse() - before.heap;
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(timers()).toBeLessThanOrEqual(before.timers);
  expect(grownBytes).toBeLessThan(1_000_000); // of which the emulator in this process has its part
  expect(handshakesAt(emulator).length).toBeLessThanOrEqual(1);
});

it("three hundred turns over HTTP leave no listener on the caller's signal", async () => {
  const emulator = await emulate({ recordLimit: 1 });
  const { session } = openSession(emulator.url, { carrier: "http" });
  const { signal } = new AbortController();
  for (let n = 0; n < 300; n += 1) await answerTo(session, asking(`turn ${n}`), { signal });
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
