// `npm run test:network [-- FILTER…]`: certificates and routes with proxies that companies use: mitmproxy, squid, tinyproxy, microsocks.
// The tests run in a network namespace that has nothing but loopback, so none of their packets can leave the machine.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { debianPrograms } from "./outside/debian-programs.mjs";
import { runOutsideSuite, Unavailable } from "./outside/suite.mjs";

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
// No user namespace: squid needs to switch from root to another user.
const NAMESPACE = ["unshare", "--net", "--mount"];

await runOutsideSuite("network", () => {
  const [unshare = "", ...flags] = NAMESPACE;
  if (spawnSync(unshare, [...flags, "true"]).status !== 0)
    throw new Unavailable("only root can create a network namespace with unshare(1)");
  const { path, share } = debianPrograms("network", PACKAGES);
  return {
    env: { PATH: path, SQUID_SHARE: join(share, "squid") },
    within: [...NAMESPACE, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"],
  };
});
