import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/**
 * Runs a Node program in place of the caller: same standard streams, same exit status, signals passed on.
 *
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export function runNode(args, options) {
  return runInPlace([process.execPath, ...args], options);
}

/**
 * The same for any program.
 *
 * @param {readonly string[]} command
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} The exit status; 128 plus the signal's number if a signal ended the program.
 */
export function runInPlace([program = "", ...args], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", ...options });
    let interrupted = false;
    const onInterrupt = () => {
      // A terminal sends Ctrl-C to the whole process group, and npm passes it on too; the child should get it once.
      if (!process.stdin.isTTY && !interrupted) child.kill("SIGINT");
      interrupted = true;
    };
    const onTerminate = () => child.kill("SIGTERM");
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onTerminate);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
      resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]);
    });
  });
}

/**
 * The first message of a forked process.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<unknown>}
 * @throws {Error} It ended without one.
 */
export async function firstMessage(child) {
  const over = new AbortController();
  const ended = once(child, "exit", { signal: over.signal }).then(([code, signal]) => {
    throw new Error(`a process ended (${code ?? signal}) without a message`);
  });
  ended.catch(() => {});
  try {
    const [message] = await Promise.race([once(child, "message"), ended]);
    return message;
  } finally {
    over.abort();
  }
}
