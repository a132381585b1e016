import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { Random } from "./random.ts";

/** A fault of one connection. Bytes are counted on the way to the client, or to the server if `way` is `up`. */
export type Fault =
  | { readonly kind: "none" | "refuse" }
  | { readonly kind: "late"; readonly ms: number }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "single_bytes" }
  | {
      readonly kind: "stall" | "half_close" | "reset" | "truncate" | "corrupt";
      readonly way: "down" | "up";
      readonly afterBytes: number;
    };

const BREAKS = ["stall", "half_close", "reset", "truncate", "corrupt"] as const;
/** Size of a stream of a few turns, with TLS. */
const MOST_BYTES = 12_000;

/** @param hostility - Share of the connections that have a fault. */
export function faultOf(random: Random, hostility: number): Fault {
  if (!random.chance(hostility)) return { kind: "none" };
  const kind = random.pick(["refuse", "late", "delay", "single_bytes", ...BREAKS, ...BREAKS] as const);
  if (kind === "late" || kind === "delay") return { kind, ms: random.magnitude(kind === "late" ? 250 : 20) };
  if (kind === "refuse" || kind === "single_bytes") return { kind };
  return { kind, way: random.chance(0.75) ? "down" : "up", afterBytes: random.magnitude(MOST_BYTES) };
}

export interface HostileProxyOptions {
  /** A fault for each connection. */
  readonly fault: () => Fault;
  /** Port of the server; called for each connection, because servers are replaced. */
  readonly port: () => number;
  /** Each connection begins with a CONNECT. */
  readonly speaksConnect: boolean;
}

/** A proxy on loopback that carries connections to a server, and applies their faults. */
export class HostileProxy {
  readonly #options: HostileProxyOptions;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** The fault of each connection, for the report of a failure. */
  readonly faults: Fault[] = [];
  #isCalm = false;

  private constructor(options: HostileProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => void this.#carry(client));
  }

  static async start(options: HostileProxyOptions): Promise<HostileProxy> {
    const proxy = new HostileProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections, and lets later ones pass without faults. */
  calm(): void {
    this.#isCalm = true;
    this.cut();
  }

  /** Ends all connections at once, as if the server died. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #keep(socket: Socket): Socket {
    this.#open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#open.delete(socket));
    return socket;
  }

  async #carry(client: Socket): Promise<void> {
    this.#keep(client);
    const fault = this.#isCalm ? ({ kind: "none" } as const) : this.#options.fault();
    this.faults.push(fault);
    if (fault.kind === "refuse") return void client.resetAndDestroy();
    if (fault.kind === "late") await delay(fault.ms);
    const down = new Way(client, client, "down", fault);
    const server = this.#options.speaksConnect ? await this.#tunnel(client, down) : this.#connect();
    if (!server) return;
    const up = new Way(server, client, "up", fault);
    relay(client, up);
    relay(server, down);
    client.on("close", () => server.destroy());
    server.on("close", () => {
      if (fault.kind !== "stall" || fault.way !== "down") down.end();
    });
  }

  #connect(): Socket {
    return this.#keep(connect({ host: "127.0.0.1", port: this.#options.port(), allowHalfOpen: true, noDelay: true }));
  }

  /** Reads the CONNECT and answers it; later bytes stay in the client's socket. */
  async #tunnel(client: Socket, down: Way): Promise<Socket | undefined> {
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const chunk = client.read() as Buffer | null;
      if (chunk) head += chunk.toString("latin1");
      else if (client.destroyed || client.readableEnded) return undefined;
      else await Promise.race([once(client, "readable"), once(client, "close"), once(client, "end")]).catch(() => {});
    }
    const rest = head.slice(head.indexOf("\r\n\r\n") + 4);
    if (rest !== "") client.unshift(Buffer.from(rest, "latin1"));
    down.push(Buffer.from("HTTP/1.1 200 Connection established\r\n\r\n"));
    return this.#connect();
  }
}

function relay(from: Socket, way: Way): void {
  from.on("data", (chunk: Buffer) => way.push(chunk));
  from.on("end", () => way.end());
}

/** The most single bytes that a chunk is divided into, because each takes a turn of the event loop. */
const MOST_SINGLE_BYTES = 300;

/** One direction of a connection. */
class Way {
  readonly #to: Socket;
  readonly #client: Socket;
  readonly #fault: Fault;
  readonly #isHit: boolean;
  #bytes = 0;
  #isOver = false;
  #last: Promise<void> = Promise.resolve();

  constructor(to: Socket, client: Socket, way: "down" | "up", fault: Fault) {
    this.#to = to;
    this.#client = client;
    this.#fault = fault;
    this.#isHit = !("way" in fault) || fault.way === way;
  }

  push(chunk: Buffer): void {
    this.#last = this.#last.then(() => this.#pass(chunk));
  }

  end(): void {
    this.#last = this.#last.then(() => {
      if (!this.#isOver) this.#to.end();
      this.#isOver = true;
    });
  }

  async #pass(chunk: Buffer): Promise<void> {
    if (this.#isOver) return;
    const fault = this.#fault;
    if (!this.#isHit) this.#write(chunk);
    else if (fault.kind === "delay") {
      await delay(fault.ms);
      this.#write(chunk);
    } else if (fault.kind === "single_bytes") await this.#writeSingly(chunk);
    else if ("afterBytes" in fault) this.#breakAt(chunk, fault.kind, fault.afterBytes);
    else this.#write(chunk);
  }

  async #writeSingly(chunk: Buffer): Promise<void> {
    const count = Math.min(chunk.length, MOST_SINGLE_BYTES);
    for (let at = 0; at < count && !this.#to.destroyed; at += 1) {
      this.#write(chunk.subarray(at, at + 1));
      await nextTurn();
    }
    if (count < chunk.length) this.#write(chunk.subarray(count));
  }

  #breakAt(chunk: Buffer, kind: (typeof BREAKS)[number], afterBytes: number): void {
    const left = afterBytes - this.#bytes;
    this.#bytes += chunk.length;
    // not yet, or the byte was damaged before
    if (left >= chunk.length || left < 0) {
      this.#write(chunk);
      return;
    }
    if (kind === "corrupt") {
      const damaged = Buffer.from(chunk);
      damaged[left] = (damaged[left] as number) ^ 0x15;
      this.#write(damaged);
      return;
    }
    this.#write(chunk.subarray(0, left));
    this.#isOver = true;
    if (kind === "reset") this.#client.resetAndDestroy();
    else if (kind === "truncate") this.#client.destroySoon();
    else if (kind === "half_close") this.#to.end();
  }

  #write(chunk: Buffer): void {
    if (chunk.length > 0 && !this.#to.destroyed && this.#to.writable) this.#to.write(chunk);
  }
}
