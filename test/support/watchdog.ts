import { Worker } from "node:worker_threads";
import { afterEach, beforeEach } from "vitest";

/** How long a test may block the process beyond its own limit. */
const GRACE_MS = 10_000;

// A timer in this thread cannot end a test that blocks it, so another thread sleeps until the deadline, and ends the process.
const guard = `
  const { workerData } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  const deadline = new Int32Array(workerData.shared, 0, 2);
  const name = Buffer.from(workerData.shared, 8);
  const now = () => Math.round((Date.now() - workerData.startedAt) / 100);
  for (;;) {
    const [due, length] = deadline;
    Atomics.wait(deadline, 0, due, due === 0 ? Infinity : Math.max(1, (due - now()) * 100));
    if (due === 0 || Atomics.load(deadline, 0) !== due || now() < due) continue;
    writeSync(2, "\\nThis test never gives the thread back: " + name.subarray(0, length) + "\\n");
    process.kill(process.pid, "SIGKILL");
  }
`;

const shared = new SharedArrayBuffer(1024);
const deadline = new Int32Array(shared, 0, 2);
const name = Buffer.from(shared, 8);
const startedAt = Date.now();
new Worker(guard, { eval: true, workerData: { shared, startedAt }, stdout: false, stderr: false }).unref();

beforeEach(({ task }) => {
  deadline[1] = name.write(`${task.file.name}: ${task.name}`);
  setDeadline(Date.now() - startedAt + task.timeout + GRACE_MS);
});

afterEach(() => setDeadline(0));

/** Stored in tenths of a second since the start: 32 bits are enough for days. */
function setDeadline(ms: number): void {
  Atomics.store(deadline, 0, Math.ceil(ms / 100));
  Atomics.notify(deadline, 0);
}
