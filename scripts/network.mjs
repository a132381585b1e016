// `npm run test:network [-- FILTER…]`: trust and route against the proxies that companies run: mitmproxy, squid, tinyproxy, microsocks.
// The tests run in a network namespace that has loopback and nothing else, so no packet of theirs can leave the machine.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { debianPrograms, Unavailable } from "./debian-programs.mjs";
import { binary, ready, root, runScript } from "./ready.mjs";

const PACKAGES = {
  mitmdump: "mitmproxy",
  squid: "squid",
  tinyproxy: "tinyproxy-bin",
  microsocks: "microsocks",
  ip: "iproute2",
};

await runScript(async () => {
  try {
    const programs = debianPrograms(join(root, ".cache", "network"), PACKAGES);
    const namespace = namespaceFlags();
    await ready();
    return runTests(programs, namespace);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`skipped: ${error.message}\n`);
    return 0;
  }
});

/** Arguments of `unshare` that this user may use here. */
function namespaceFlags() {
  for (const flags of ["-nm", "-rnm"]) {
    if (spawnSync("unshare", [flags, "true"]).status === 0) return flags;
  }
  throw new Unavailable("unshare(1) may not make a network namespace here: root or user namespaces are needed");
}

/**
 * @param {{ readonly path: string, readonly share: string }} programs
 * @param {string} namespace
 */
function runTests(programs, namespace) {
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/network"];
  const inside = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", process.execPath, ...vitest];
  const { status, error } = spawnSync("unshare", [namespace, ...inside, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: programs.path, SQUID_SHARE: join(programs.share, "squid") },
  });
  if (error) throw error;
  return status ?? 1;
}
