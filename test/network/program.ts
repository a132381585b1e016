import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A name that the proxies can resolve and this process cannot: what reaches it went through a proxy, which got the name. */
export const HIDDEN_HOST = "api.example.test";

const START_LIMIT_MS = 20_000;
/** Below the ports that systems give out by themselves: no other test gets it while the program starts. */
const PORTS = [20_000, 32_000] as const;

export interface Program {
  readonly port: number;
  /** Its output so far, on both streams. */
  readonly output: string;
  stop(): Promise<void>;
}

/** How many ports are tried, since one may be another program's. */
const TRIES = 3;

type ArgumentsFor = (port: number, folder: string) => readonly string[];

/**
 * Starts a program that knows {@link HIDDEN_HOST}; resolves once it listens.
 *
 * @param argumentsFor - gets the port to listen on, on 127.0.0.1, and a folder that lasts as long as the program.
 */
export async function startProgram(command: string, argumentsFor: ArgumentsFor): Promise<Program> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await startOnce(command, argumentsFor);
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

async function startOnce(command: string, argumentsFor: ArgumentsFor): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), "codex-wire-network-"));
  const port = randomInt(...PORTS);
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, `127.0.0.1 localhost ${HIDDEN_HOST}\n`);
  const withHosts = ["-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
  const child = spawn("unshare", [...withHosts, command, ...argumentsFor(port, folder)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await listening(child, port);
  } catch (cause) {
    await stop();
    throw new Error(`${command} did not start:\n${output}`, { cause });
  }
  return {
    port,
    stop,
    get output() {
      return output;
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

// Other programs do not report that they listen. That the port answers would not do: it may be another's.
async function listening(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  while (!listens(child, port)) {
    if (child.exitCode !== null) throw new Error(`exit status ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`it does not listen on port ${port} after ${START_LIMIT_MS} ms`);
    await delay(20);
  }
}

const LISTENS = "0A";

/** Whether a socket of the process itself listens on the port of 127.0.0.1, as Linux tells in `/proc`. */
function listens(child: ChildProcess, port: number): boolean {
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const inode = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, , state]) => local === address && state === LISTENS)?.[9];
  return inode !== undefined && openFiles(child).includes(`socket:[${inode}]`);
}

function openFiles({ pid }: ChildProcess): string[] {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
  } catch {
    return []; // it ended, or closed one meanwhile
  }
}
