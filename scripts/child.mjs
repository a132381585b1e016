import { once } from "node:events";

/**
 * The first message of a child process.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<unknown>}
 * @throws {Error} It ended without one.
 */
export async function heardFrom(child) {
  const over = new AbortController();
  const ended = once(child, "exit", { signal: over.signal }).then(([code, signal]) => {
    throw new Error(`a process ended (${code ?? signal}) and said nothing`);
  });
  ended.catch(() => {});
  try {
    const [message] = await Promise.race([once(child, "message"), ended]);
    return message;
  } finally {
    over.abort();
  }
}

export function row(/** @type {readonly number[]} */ widths, /** @type {readonly string[]} */ cells) {
  process.stdout.write(`${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("")}\n`);
}
