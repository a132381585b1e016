import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { cleanEnvironment, outputOf } from "../measure.mjs";
import { median } from "../median.mjs";
import { digits } from "../report.mjs";

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function largeRequest(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const script = fileURLToPath(new URL("../large-request.mjs", import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", script, server.origin, quick ? "5" : "21"], {
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { samples, bytes } = /** @type {{ samples: Record<string, number[]>, bytes: number }} */ (
    JSON.parse(await outputOf(child, child.stdout, "large-request.mjs"))
  );
  const of = (/** @type {string} */ way) => samples[way] ?? [];
  const ratio = (/** @type {string} */ way, /** @type {string} */ base) =>
    median(of(way).map((each, round) => each / (of(base)[round] ?? each)));
  const row = (/** @type {string} */ what, /** @type {string} */ way, /** @type {string} */ base) => [
    what,
    digits(median(of(way))),
    digits(ratio(way, base)),
  ];
  return {
    title: `A session's request of ${digits(bytes / 1e6)} MB, CPU of the client process in ms`,
    head: ["", "ms", "to the floor"],
    rows: [
      row("floor: JSON.stringify", "stringify", "stringify"),
      row("the same as bytes, which a socket takes", "bytes", "stringify"),
      row("codex-wire over HTTP, ready to be sent", "http", "stringify"),
      row("floor: JSON.stringify, sent by ws", "ws", "ws"),
      row("codex-wire over a WebSocket, sent", "websocket", "ws"),
    ],
    checks: [
      {
        what: "CPU of a request over HTTP to JSON.stringify of it",
        value: ratio("http", "stringify"),
        limit: 1.2,
        unit: "x",
      },
    ],
    notes: ["a connection and one short answer are there before; that it is written once is a test's business"],
  };
}
