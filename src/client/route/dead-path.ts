import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isIPv6, type Socket } from "node:net";
import { NetworkError } from "../failure/kinds.ts";

/**
 * A network path can die silently: a laptop wakes in another network, a VPN is switched, a firewall forgets the connection. TCP shows this
 * as follows:
 *
 * - While none of our bytes are in flight, keep-alive probes end a dead connection within 35 s (`tcp-connect.ts`).
 * - While bytes are in flight, the system retransmits them, and Linux shows that in `/proc/self/net/tcp` ({@link watchPath}).
 * - Other systems show nothing: a connection that was idle for some seconds is replaced before the next request ({@link QuietSince}).
 *
 * Once the other side has acknowledged a request, silence means that it is working. Behind a proxy it is the proxy that acknowledges.
 */
const TABLES = { ipv4: "/proc/self/net/tcp", ipv6: "/proc/self/net/tcp6" } as const;

const TELLS_UNACKNOWLEDGED = process.platform === "linux" && existsSync(TABLES.ipv4);

const LOOK_EVERY_MS = 5_000;
/** Consecutive checks that find retransmitted bytes without an acknowledgement: 25 s. */
const LOOKS_UNTIL_DEAD = 5;

/** For systems that show nothing, in milliseconds. */
const LONGEST_UNTOLD_IDLE_MS = 5_000;
/** How far the two clocks may drift apart without counting as a jump, in milliseconds: the wall clock is adjusted now and then. */
const CLOCK_JUMP_MS = 5_000;

interface Watched {
  readonly socket: Socket;
  readonly onDead: (error: NetworkError) => void;
  readonly since: number;
  progress: Progress;
}

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;

/**
 * Watches a connection on which something was sent and nothing has come back yet. `onDead` is called once, if no byte reaches the other
 * side's system for about 30 s. If the system does not show that, nothing is watched.
 *
 * @returns Ends the watch.
 */
export function watchPath(socket: Socket, onDead: (error: NetworkError) => void): () => void {
  if (!TELLS_UNACKNOWLEDGED) return () => {};
  const progress: Progress = { bytesRead: socket.bytesRead, unacknowledged: 0, strikes: 0 };
  const entry: Watched = { socket, onDead, since: performance.now(), progress };
  watched.add(entry);
  timer ??= setInterval(look, LOOK_EVERY_MS).unref();
  return () => {
    watched.delete(entry);
  };
}

function look(): void {
  if (watched.size === 0) {
    clearInterval(timer);
    timer = undefined;
    return;
  }
  const dueSince = performance.now() - LOOK_EVERY_MS / 2;
  const due = [...watched].filter(({ socket, since }) => since < dueSince && !socket.destroyed);
  const families = new Set(due.map(({ socket }) => familyOf(socket)));
  Promise.all([...families].map((family) => readFile(TABLES[family], "latin1")))
    .then((tables) => judge(due, parseTable(tables.join("\n"))))
    .catch(() => {}); // not readable here, so nothing can be watched
}

function judge(due: readonly Watched[], rows: ReadonlyMap<string, Transmission>): void {
  for (const entry of due) {
    if (!watched.has(entry)) continue;
    const { socket } = entry;
    entry.progress = progressAfter(entry.progress, rows.get(keyOf(socket)), socket.bytesRead);
    if (entry.progress.strikes < LOOKS_UNTIL_DEAD) continue;
    watched.delete(entry);
    entry.onDead(deadPath(socket, entry.progress.unacknowledged));
  }
}

/** What a look at a connection found. */
export interface Progress {
  readonly bytesRead: number;
  readonly unacknowledged: number;
  /** How many looks in a row, this one included, found that nothing gets through. */
  readonly strikes: number;
}

/** @param row - Undefined if the system does not list the connection. */
export function progressAfter(before: Progress, row: Transmission | undefined, bytesRead: number): Progress {
  const { unacknowledged, retries } = row ?? { unacknowledged: 0, retries: 0 };
  const isStuck = retries > 0 && unacknowledged >= Math.max(1, before.unacknowledged) && bytesRead === before.bytesRead;
  return { bytesRead, unacknowledged, strikes: isStuck ? before.strikes + 1 : 0 };
}

function deadPath(socket: Socket, bytes: number): NetworkError {
  const seconds = (LOOKS_UNTIL_DEAD * LOOK_EVERY_MS) / 1000;
  return new NetworkError(
    `the path to ${socket.remoteAddress}:${socket.remotePort} is dead: ${bytes} bytes have been retransmitted for ${seconds} s and none arrived; this happens when a network or VPN changes or a firewall forgets the connection, and a new connection may work`,
    { code: "ETIMEDOUT", phase: "request" },
  );
}

/** State of a connection's transmission. */
export interface Transmission {
  /** Bytes sent or waiting to be sent that the other side has not acknowledged. */
  readonly unacknowledged: number;
  /**
   * How often the system has retransmitted since it last heard from the peer, or probed if the first packet could not leave this machine. A
   * peer that accepts no data for a while answers the probes, which resets this count.
   */
  readonly retries: number;
}

/**
 * Rows of `/proc/net/tcp` and `tcp6`, by local and remote address in that file's notation (`proc_net_tcp` in the kernel's documentation).
 */
export function parseTable(table: string): Map<string, Transmission> {
  const rows = new Map<string, Transmission>();
  for (const line of table.split("\n")) {
    const [, local, remote, , queues = "", , retransmits = "0", , probes = "0"] = line.trim().split(/\s+/);
    const [unacknowledged = ""] = queues.split(":");
    if (!local || !remote || !/^[0-9A-F]{8}$/.test(unacknowledged)) continue;
    rows.set(`${local} ${remote}`, {
      unacknowledged: Number.parseInt(unacknowledged, 16),
      retries: Number.parseInt(retransmits, 16) + Number.parseInt(probes, 10),
    });
  }
  return rows;
}

function familyOf({ localAddress = "" }: Socket): keyof typeof TABLES {
  return isIPv6(localAddress) ? "ipv6" : "ipv4";
}

function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${endpoint(localAddress, localPort)} ${endpoint(remoteAddress, remotePort)}`;
}

/** In the kernel's notation: words of four bytes in this machine's byte order, then the port. */
export function endpoint(address = "", port = 0): string {
  const words = Buffer.from(isIPv6(address) ? ipv6Bytes(address) : address.split(".").map(Number));
  if (IS_LITTLE_ENDIAN && words.length % 4 === 0) words.swap32();
  return `${words.toString("hex")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function ipv6Bytes(address: string): number[] {
  const [plain = ""] = address.split("%");
  const groups = expanded(new URL(`http://[${plain}]`).hostname.slice(1, -1));
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}

function expanded(address: string): number[] {
  const [before = "", after = ""] = address.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(after)];
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Since when a connection has been quiet: one in a pool since its last use, a WebSocket since its peer was last heard. */
export class QuietSince {
  readonly #at: number;
  readonly #offset: number;

  constructor(now = performance.now(), wallClock = Date.now()) {
    this.#at = now;
    this.#offset = wallClock - now;
  }

  /** The clock was set, or this machine slept, which stops `performance.now()`: the network may have changed. */
  clockJumped(now = performance.now(), wallClock = Date.now()): boolean {
    return Math.abs(wallClock - now - this.#offset) > CLOCK_JUMP_MS;
  }

  /** True if it may be dead without any sign: a new connection is cheaper than a request that waits for minutes. */
  isDoubtful(now = performance.now(), wallClock = Date.now(), isTold = TELLS_UNACKNOWLEDGED): boolean {
    return this.clockJumped(now, wallClock) || (!isTold && now - this.#at > LONGEST_UNTOLD_IDLE_MS);
  }
}
