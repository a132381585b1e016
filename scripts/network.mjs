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
  nginx: "nginx-light",
  haproxy: "haproxy",
  nft: "nftables",
  ip: "iproute2",
};
const NAMESPACE = ["--net", "--mount"];

await runScript(async () => {
  try {
    // A user namespace would not do: squid insists on giving up root for another user.
    if (spawnSync("unshare", NAMESPACE.concat("true")).status !== 0) {
      throw new Unavailable("only root may make a network namespace with unshare(1)");
    }
    const programs = debianPrograms(join(root, ".cache", "network"), PACKAGES);
    await ready();
    return runTests(programs);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`skipped: ${error.message}\n`);
    return 0;
  }
});

function runTests(/** @type {{ readonly path: string, readonly share: string }} */ programs) {
  const vitest = [binary("vitest"), "run", "--config", "vitest.outside.config.ts", "--dir", "test/network"];
  const inside = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh", process.execPath, ...vitest];
  const { status, error } = spawnSync("unshare", [...NAMESPACE, ...inside, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: programs.path, SQUID_SHARE: join(programs.share, "squid") },
  });
  if (error) throw error;
  return status ?? 1;
}
