// `npm run bench [-- --quick] [-- --growth] [-- FIGURE…]`: every figure of docs/performance.md, this package beside its peers.
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npm, ready, runScript, say } from "../scripts/ready.mjs";
import { codex } from "./figures/codex.mjs";
import { conversation } from "./figures/conversation.mjs";
import { doors } from "./figures/doors.mjs";
import { emulators } from "./figures/emulator.mjs";
import { codexProxy, gateway } from "./figures/gateway.mjs";
import { growth } from "./figures/growth.mjs";
import { lanes } from "./figures/lanes.mjs";
import { largeRequest } from "./figures/large-request.mjs";
import { compression, firstEvent, roundTrip } from "./figures/latency.mjs";
import { idleSessions, slowReader } from "./figures/memory.mjs";
import { frames, longStream, longWebSocket, manyStreams } from "./figures/streams.mjs";
import { tlsConnect } from "./figures/tls.mjs";
import { coldStart, weight } from "./figures/weight.mjs";
import { startServer } from "./measure.mjs";
import { print, summarize } from "./report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** @type {Readonly<Record<string, (context: import("./figures/streams.mjs").Context) => Promise<import("./report.mjs").Figure>>>} */
const FIGURES = {
  stream: longStream,
  streams: manyStreams,
  lanes,
  websocket: longWebSocket,
  frames,
  "first-event": firstEvent,
  conversation,
  "large-request": largeRequest,
  tls: tlsConnect,
  "slow-reader": slowReader,
  weight,
  "cold-start": coldStart,
  "round-trip": roundTrip,
  compression,
  sessions: idleSessions,
  doors,
  emulators,
  gateway,
  codex,
  "codex-proxy": codexProxy,
};

/** Measured when named. */
const CURIOSITIES = new Set(["codex", "codex-proxy"]);
/** Left out of `--quick`: what they show hardly moves. */
const SLOW = new Set(["round-trip", "compression", "sessions", "cold-start", "doors", "gateway"]);

await runScript(async () => {
  const names = process.argv.slice(2);
  const quick = take(names, "--quick");
  const grown = take(names, "--growth");
  const unknown = names.filter((name) => !(name in FIGURES));
  if (unknown.length > 0)
    throw new Error(`no figure ${unknown.join(", ")}; there are ${Object.keys(FIGURES).join(", ")}`);
  await ready();
  installPeers();
  console.log(
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}${quick ? ", --quick" : ""}`,
  );
  const server = await startServer();
  try {
    if (grown) {
      for (const measure of growth) print(await measure({ server, quick }));
      return;
    }
    const figures = [];
    for (const [name, measure] of Object.entries(FIGURES)) {
      if (names.length > 0 ? !names.includes(name) : CURIOSITIES.has(name) || (quick && SLOW.has(name))) continue;
      const figure = await measure({ server, quick });
      print(figure);
      figures.push(figure);
    }
    summarize(figures);
  } finally {
    server.close();
  }
});

/** Removes a switch from the arguments. */
function take(/** @type {string[]} */ names, /** @type {string} */ name) {
  const index = names.indexOf(name);
  if (index !== -1) names.splice(index, 1);
  return index !== -1;
}

function installPeers() {
  const installed = join(here, "node_modules", ".package-lock.json");
  const { packages } = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8"));
  const found = existsSync(installed) ? JSON.parse(readFileSync(installed, "utf8")).packages : {};
  const missing = Object.keys(packages).some((path) => path !== "" && found[path]?.version !== packages[path].version);
  if (!missing) return;
  say("installing the peers (npm ci)");
  const { status, stdout, stderr } = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: here,
  });
  if (status !== 0) throw new Error(`npm ci failed with status ${status}\n${stdout}${stderr}`);
}
