import { Worker } from "node:worker_threads";
import { afterEach, beforeEach } from "vitest";

/** How long after its own limit a test may still hold the process. */
const GRACE_MS = 10_000;

// A timer in this thread cannot end a test that spins; another thread can. It sleeps until the deadline in `DEADLINE`, and ends the process.
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

/** In tenths of a second since the start, which leave room for days in 32 bits. */
function setDeadline(ms: number): void {
  Atomics.store(deadline, 0, Math.ceil(ms / 100));
  Atomics.notify(deadline, 0);
}
