import { join } from "node:path";
import { runInPlace } from "../child-processes.mjs";
import { binary, ready, root, runScript } from "../ready.mjs";

/** Programs or packages of others are not available on this machine; that is not a fault of the checkout. */
export class Unavailable extends Error {}

/**
 * Runs the tests of a folder in test/ that need programs or packages of others; arguments of the command line are
 * passed to vitest.
 *
 * @param {string} folder
 * @param {() => { env?: NodeJS.ProcessEnv, within?: readonly string[] } | void} prepare Makes them available. Returns
 *   variables for the tests, and the command that the tests are to run in.
 */
export function runOutsideSuite(folder, prepare) {
  return runScript(() =>
    skippedIfUnavailable(async () => {
      await ready();
      const { env, within = [] } = prepare() ?? {};
      const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", join("test", folder)];
      const command = [...within, process.execPath, ...vitest, ...process.argv.slice(2)];
      return runInPlace(command, { cwd: root, env: { ...process.env, ...env } });
    }),
  );
}

/**
 * Runs `main`, and prints why it was skipped if it throws {@link Unavailable}.
 *
 * @param {() => Promise<number>} main
 * @returns {Promise<number>} The exit status.
 */
export async function skippedIfUnavailable(main) {
  try {
    return await main();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`skipped: ${error.message}\n`);
    return 0;
  }
}
