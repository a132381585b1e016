import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npm, say } from "../../scripts/ready.mjs";
import { cleanEnvironment, medianOf, outputOf, takeTurns } from "../measure.mjs";
import { median } from "../median.mjs";
import { digits } from "../report.mjs";
import { EVENTS, LONG, RUN } from "./streams.mjs";

const cache = fileURLToPath(new URL("../../.cache/codex", import.meta.url));
// Text alone: a call of a tool would be carried out, and asked on from.
const LONG_TEXT = `${LONG}:text`;

/**
 * What the reference's own program spends on the same stream: a curiosity, since it also shows and stores what it reads. Its start is taken
 * off, measured with a response of one word.
 *
 * @returns {Promise<import("../report.mjs").Figure>}
 */
export async function codex(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const program = installCodex();
  const ask = (/** @type {string} */ model) => codexCpuMs(program, server.origin, model);
  const streams = [];
  for (let round = 0; round < (quick ? 2 : 5); round += 1) {
    const short = await ask("short");
    streams.push((await ask(LONG_TEXT)) - short);
  }
  const samples = await takeTurns(server, {
    task: "stream",
    clients: ["floor", "ours"],
    repetitions: quick ? 2 : 5,
    options: () => ({ model: LONG_TEXT, ...RUN }),
  });
  return {
    title: `The real codex on a stream of ${EVENTS} events of text, CPU in ms beyond that of a short response`,
    head: ["client", "ms"],
    rows: [
      ["codex", digits(median(streams))],
      ["codex-wire, first stream of a process", digits(medianOf(samples.ours, "firstCpuMs"))],
      ["codex-wire, later streams", digits(medianOf(samples.ours, "cpuMs"))],
      ["floor, later streams", digits(medianOf(samples.floor, "cpuMs"))],
    ],
  };
}

/** @returns {string} Path of the program, 400 MB of it, which is why no other figure needs it. */
export function installCodex() {
  const name = `@openai/codex-${process.platform}-${process.arch}`;
  const triple = TRIPLES[`${process.platform}-${process.arch}`];
  if (!triple) throw new Error(`there is no codex for ${process.platform}-${process.arch} here`);
  const find = () => {
    const manifest = createRequire(join(cache, "package.json")).resolve(`${name}/package.json`);
    return join(manifest, "..", "vendor", triple, "bin", "codex");
  };
  if (!existsSync(join(cache, "node_modules", name))) {
    say("installing @openai/codex (400 MB)");
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, "package.json"), '{ "private": true }');
    const { status, stderr } = npm(["install", "@openai/codex", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: cache,
    });
    if (status !== 0) throw new Error(`codex could not be installed\n${stderr}`);
  }
  return find();
}

/** @type {Readonly<Record<string, string>>} */
const TRIPLES = { "linux-x64": "x86_64-unknown-linux-musl", "linux-arm64": "aarch64-unknown-linux-musl" };

/** CPU of one `codex exec`, as bash counts it. */
async function codexCpuMs(/** @type {string} */ program, /** @type {string} */ origin, /** @type {string} */ model) {
  const home = mkdtempSync(join(tmpdir(), "codex-home-"));
  writeFileSync(
    join(home, "config.toml"),
    `model = ${JSON.stringify(model)}
model_provider = "bench"
check_for_update_on_startup = false
approval_policy = "never"
sandbox_mode = "read-only"
[analytics]
enabled = false
[model_providers.bench]
name = "bench"
base_url = "${origin}/v1"
env_key = "BENCH_KEY"
wire_api = "responses"
stream_max_retries = 0
`,
  );
  const script = `TIMEFORMAT='%3U %3S'; time "$0" exec --skip-git-repo-check --json hello </dev/null >"$CODEX_HOME/out" 2>"$CODEX_HOME/err"`;
  const child = spawn("bash", ["-c", script, program], {
    cwd: home,
    env: { ...cleanEnvironment(), CODEX_HOME: home, BENCH_KEY: "key" },
    stdio: ["ignore", "inherit", "pipe"],
  });
  try {
    const [user = Number.NaN, system = Number.NaN] = (await outputOf(child, child.stderr, `codex exec on ${model}`))
      .trim()
      .split(" ")
      .map(Number);
    return (user + system) * 1000;
  } finally {
    rmSync(home, { recursive: true });
  }
}
