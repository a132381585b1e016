import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs a Node program in the caller's place: same standard streams, same exit status, signals passed on.
 *
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} The exit status; 128 plus the signal's number where a signal ended the program.
 */
export function runNode(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: "inherit", ...options });
    let interrupted = false;
    const onInterrupt = () => {
      // A terminal sends Ctrl-C to the whole group, and npm passes on what it gets as well: once is enough for the child.
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
