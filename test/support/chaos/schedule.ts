import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "../../../src/client/waiting/clock.ts";
import {
  CodexApiError,
  noAuth,
  type ProviderConfig,
  RealtimeConversation,
  RealtimeWebSocketClient,
  type Telemetry,
} from "../../../src/index.ts";
import { AnswerCheck } from "./answer-check.ts";
import { backgroundCaller, type Caller, httpCaller, sessionCaller, webSocketCaller } from "./callers.ts";
import { type Item, lastWord } from "./history.ts";
import { faultOf, HostileProxy } from "./hostile-proxy.ts";
import { type Plan, planOf } from "./plan.ts";
import { Random } from "./random.ts";
import { CALLER, GZIP_WISH, RememberingServer, TOOL_WISH } from "./remembering-server.ts";

/** The result of a schedule. */
export interface Verdict {
  readonly plan: Plan;
  readonly calls: readonly string[];
  /** Violations of the rules; empty if there are none. */
  readonly faults: readonly string[];
  readonly befell: readonly string[];
}

/** A call that takes longer counts as one that never ends. The client's time limits are a hundredth of it. */
const HANG_MS = 20_000;

/** Background responses are polled this many times faster than in real time. */
const POLLS_FASTER = 20;

/** Time limit for a whole realtime conversation. */
const PATIENCE_MS = 1_000;

/** Servers that all schedules share; two of each kind, so that one can replace the other. */
export class ChaosWorld {
  readonly #servers = new Map<string, Promise<readonly [RememberingServer, RememberingServer]>>();
  #last: Promise<void> = Promise.resolve();

  servers({ tls, deflate, pollsOnly }: Plan): Promise<readonly [RememberingServer, RememberingServer]> {
    const key = `${tls} ${deflate} ${pollsOnly}`;
    let pair = this.#servers.get(key);
    if (!pair) {
      const start = () => RememberingServer.start({ tls, deflate, pollsOnly });
      pair = Promise.all([start(), start()]);
      this.#servers.set(key, pair);
    }
    return pair;
  }

  /** Runs after all work that was given before has ended. */
  oneAtATime(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work);
    return this.#last;
  }

  async close(): Promise<void> {
    for (const pair of this.#servers.values()) for (const { emulator } of await pair) await emulator.close();
  }
}

/** Runs the schedule of a seed. The choices are the same each time; the timing of the network is not. */
export async function runSchedule(seed: number, world: ChaosWorld): Promise<Verdict> {
  const random = new Random(seed);
  const plan = planOf(seed, random);
  const faults = new Random(~seed); // their order depends on the network
  const servers = await world.servers(plan);
  let current = 0;
  const proxy = await HostileProxy.start({
    fault: () => faultOf(faults, plan.hostility),
    port: () => (servers[current] as RememberingServer).port,
    speaksConnect: plan.throughConnect,
  });
  const replaceServer = () => {
    current = 1 - current;
  };
  const run = new Run({ plan, random, world, servers, proxy, replaceServer });
  try {
    await run.all();
  } finally {
    await proxy.close();
  }
  const befell = proxy.faults.map((fault) => JSON.stringify(fault));
  return { plan, calls: run.calls, faults: run.faults, befell };
}

interface Stage {
  readonly plan: Plan;
  readonly random: Random;
  readonly world: ChaosWorld;
  readonly servers: readonly [RememberingServer, RememberingServer];
  readonly proxy: HostileProxy;
  readonly replaceServer: () => void;
}

class Run {
  readonly calls: string[] = [];
  readonly faults: string[] = [];
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #world: ChaosWorld;
  readonly #servers: readonly [RememberingServer, RememberingServer];
  readonly #proxy: HostileProxy;
  readonly #replaceServer: () => void;
  /** Announcements so far. */
  #announced = 0;
  #eventsUntilReplaced: number | undefined;

  constructor({ plan, random, world, servers, proxy, replaceServer }: Stage) {
    this.#plan = plan;
    this.#random = random;
    this.#world = world;
    this.#servers = servers;
    this.#proxy = proxy;
    this.#replaceServer = replaceServer;
  }

  async all(): Promise<void> {
    const { client, turns, replaced } = this.#plan;
    if (client === "realtime") return this.#realtime();
    const caller = this.#caller();
    try {
      let history: readonly Item[] = [];
      if (this.#plan.prewarms) await this.#ended("prewarm", () => caller.prewarm?.());
      for (let turn = 0; turn < turns; turn += 1) {
        if (turn === replaced?.turn) {
          if (replaced.afterEvents === 0) this.#replaceServer();
          else this.#eventsUntilReplaced = replaced.afterEvents;
        }
        const wishes = `${turn % 2 ? TOOL_WISH : ""}${this.#plan.gzip ? GZIP_WISH : ""}`;
        history = this.#secondThoughts(history);
        const meant = [...history, user(`${wishes} ${this.#plan.seed}.${turn}`)];
        const answer = await this.#call(caller, meant);
        if (!answer) continue; // like a user whose request failed: says something else
        history = [...meant, ...answer];
        const call = answer.find(({ type }) => type === "function_call");
        if (call) {
          const output = { type: "function_call_output", call_id: call.call_id, output: "seen" };
          const rest = await this.#call(caller, [...history, output], 2);
          // An output without an answer is not repeated, so its call must not be either.
          history = rest ? [...history, output, ...rest] : meant.slice(0, -1);
        }
      }
      await this.#recovers(caller, history);
    } finally {
      await caller.close?.();
    }
  }

  /** Called for each event; the server may be replaced after it. */
  #counted(): void {
    if (this.#eventsUntilReplaced === undefined) return;
    this.#eventsUntilReplaced -= 1;
    if (this.#eventsUntilReplaced > 0) return;
    this.#eventsUntilReplaced = undefined;
    this.#replaceServer();
    this.#proxy.cut();
  }

  /** Removes or changes the end of the conversation, as callers do. */
  #secondThoughts(history: readonly Item[]): readonly Item[] {
    if (history.length === 0 || !this.#random.chance(0.3)) return history;
    const at = this.#random.pick([...history.keys()].filter((index) => history[index]?.role === "user"));
    return this.#random.chance(0.5)
      ? history.slice(0, at)
      : history.map((item, index) => (index === at ? user(`${lastWord([item])}, on second thoughts`) : item));
  }

  /** After the faults end, the client must work again. */
  async #recovers(caller: Caller, history: readonly Item[]): Promise<void> {
    this.#proxy.calm();
    // On a busy machine the client may run into its short time limits: an answer must come, no matter when. The schedules take turns here, because all
    // at once would keep each other busy.
    await this.#world.oneAtATime(async () => {
      const startedAt = performance.now();
      for (let attempt = 0; performance.now() - startedAt < HANG_MS; attempt += 1) {
        if (await this.#call(caller, [...history, user(`and now ${this.#plan.seed} ${attempt}`)])) return;
      }
      this.faults.push("no call over a network that is well came to an answer");
    });
  }

  /** @param visits - How often its last message may reach a server without an announcement: a tool's output follows its call. */
  async #call(caller: Caller, meant: readonly Item[], visits = 1): Promise<readonly Item[] | undefined> {
    const word = lastWord(meant) ?? "";
    const announcedBefore = this.#announced;
    const askedBefore = visits === 1 ? this.#asked(word) : 1;
    const check = new AnswerCheck(meant);
    let isComplete = false;
    await this.#ended("call", async () => {
      for await (const event of await caller.stream(meant)) {
        check.event(event);
        if (event.type === "completed") isComplete = true;
        this.#counted();
      }
      if (!isComplete) this.faults.push("a loop ended normally without the terminal event");
    });
    // Bytes that are damaged in clear text say something else, and nobody can know: all that is asked then is a clean end.
    const wasDamaged = !this.#plan.tls && this.#proxy.faults.some(({ kind }) => kind === "corrupt");
    if (!wasDamaged) {
      this.faults.push(...check.faults);
      const sends = this.#asked(word) - askedBefore;
      const announced = this.#announced - announcedBefore;
      if (visits === 1 && sends > 1 + announced)
        this.faults.push(`a request reached a server ${sends} times, and ${announced} resends were announced`);
    }
    return isComplete ? (check.items as readonly Item[]) : undefined;
  }

  #asked(word: string): number {
    return this.#servers.reduce((sum, { asked }) => sum + (asked.get(word) ?? 0), 0);
  }

  /** Checks that `work` ends in time, with success or an error of this package. */
  async #ended(what: string, work: () => unknown): Promise<void> {
    const done = new AbortController();
    const hung = delay(HANG_MS, "hung" as const, { signal: done.signal }).catch(() => "done" as const);
    try {
      const outcome = await Promise.race([(async () => work())(), hung]);
      if (outcome === "hung") this.faults.push(`a ${what} did not end`);
      this.calls.push(`${what}: done`);
    } catch (error) {
      if (!CodexApiError.is(error))
        this.faults.push(`a ${what} failed with no error of the package: ${stackOf(error)}`);
      else if (error.kind === "build")
        this.faults.push(`a ${what} failed with a fault of the caller: ${stackOf(error)}`);
      this.calls.push(`${what}: ${CodexApiError.is(error) ? `${error.kind}: ${error.message}` : "untyped"}`);
    } finally {
      done.abort();
    }
  }

  async #realtime(): Promise<void> {
    await this.#ended("conversation", async () => {
      const client = new RealtimeWebSocketClient(this.#options());
      const connection = await client.connect({ model: "m", session: { instructions: "Be brief." } });
      // A conversation may be silent as long as its connection lives; the caller decides how long to wait for an answer.
      const patience = setTimeout(() => connection.terminate(), PATIENCE_MS);
      try {
        const conversation = new RealtimeConversation(connection);
        let said = 1;
        let answered = 0;
        await conversation.say("hello");
        for await (const event of conversation) {
          if (event.type !== "response_done") continue;
          answered += 1;
          if (answered > said) this.faults.push(`${answered} answers to ${said} words`);
          if (said === this.#plan.turns) break;
          said += 1;
          await conversation.say("go on");
        }
      } finally {
        clearTimeout(patience);
        connection.terminate();
      }
    });
  }

  #options() {
    const { seed, tls, throughConnect, client, maxRetries } = this.#plan;
    const [{ emulator }, other] = this.#servers;
    const address = new URL(emulator.url);
    const proxy = `http://127.0.0.1:${this.#proxy.port}`;
    if (!throughConnect) address.port = String(this.#proxy.port);
    const provider: ProviderConfig = {
      name: "chaos",
      baseUrl: address.href,
      headers: { [CALLER]: String(seed) },
      proxy: throughConnect ? proxy : false,
      ...(tls && { ca: { pem: `${emulator.caPem}${other.emulator.caPem}` } }),
      supportsWebSockets: client !== "http_session",
      retry: { maxRetries, baseDelayMs: 1 },
      maxStreamRetries: maxRetries,
      connectTimeoutMs: 250,
      headersTimeoutMs: 250,
      streamIdleTimeoutMs: 200,
    };
    const telemetry: Telemetry = {
      onRetry: ({ layer }) => {
        if (layer !== "resume") this.#announced += 1; // it requests the rest of a response, not a new one
      },
    };
    const clock = {
      now: () => Date.now(),
      sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / POLLS_FASTER, signal),
    };
    return { provider, auth: noAuth(), env: {}, telemetry, ...(client === "background" && { clock }) };
  }

  #caller(): Caller {
    const options = this.#options();
    const { client, seed } = this.#plan;
    if (client === "http") return httpCaller(options);
    if (client === "websocket") return webSocketCaller(options);
    if (client === "background") return backgroundCaller(options, new Random(seed * 31));
    return sessionCaller(options);
  }
}

function user(text: string): Item {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
