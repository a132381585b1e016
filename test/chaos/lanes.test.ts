import { expect, it } from "vitest";
import { noAuth, type ProviderConfig, type ResponseItem, ResponsesSession, type SessionLane } from "../../src/index.ts";
import { AnswerCheck } from "../support/chaos/answer-check.ts";
import type { Item } from "../support/chaos/history.ts";
import { faultOf, HostileProxy } from "../support/chaos/hostile-proxy.ts";
import { Random } from "../support/chaos/random.ts";
import { RememberingServer, TOOL_WISH } from "../support/chaos/remembering-server.ts";

const LANES = 16;
const TURNS = 4;
const SEEDS = [1, 2, 3];

const user = (text: string): Item => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });

/** The conversation of one lane. Whether or not its calls succeed, the server must have received what the caller meant. */
class Talk {
  readonly faults: string[] = [];
  answers = 0;
  #history: readonly Item[] = [];

  async turn(lane: SessionLane, words: string): Promise<boolean> {
    const meant = [...this.#history, user(words)];
    const answer = await this.#ask(lane, meant);
    if (!answer) return false;
    const call = answer.find(({ type }) => type === "function_call");
    if (!call) {
      this.#history = [...meant, ...answer];
      return true;
    }
    const output = { type: "function_call_output", call_id: call.call_id, output: "seen" };
    const rest = await this.#ask(lane, [...meant, ...answer, output]);
    if (rest) this.#history = [...meant, ...answer, output, ...rest];
    return rest !== undefined;
  }

  async #ask(lane: SessionLane, meant: readonly Item[]): Promise<readonly Item[] | undefined> {
    const check = new AnswerCheck(meant);
    try {
      const input = meant as readonly unknown[] as readonly ResponseItem[];
      for await (const event of await lane.stream({ model: "m", input })) check.event(event);
    } catch {
      return undefined; // typed or not is the other chaos test's business; here it is that nothing is mixed up
    } finally {
      this.faults.push(...check.faults);
    }
    this.answers += 1;
    return check.items as readonly unknown[] as readonly Item[];
  }
}

it.each(SEEDS)(
  "16 lanes with tool calls on a hostile network: each answer is to its own lane's history, and all recover (seed %i)",
  { timeout: 90_000 },
  async (seed) => {
    const server = await RememberingServer.start({ tls: true, pollsOnly: false, deflate: false });
    const faults = new Random(seed);
    const proxy = await HostileProxy.start({
      fault: () => faultOf(faults, 0.6),
      port: () => server.port,
      speaksConnect: false,
    });
    const address = new URL(server.emulator.url);
    address.port = String(proxy.port);
    const provider: ProviderConfig = {
      name: "chaos",
      baseUrl: address.href,
      proxy: false,
      ca: { pem: String(server.emulator.caPem) },
      supportsWebSockets: true,
      retry: { maxRetries: 3, baseDelayMs: 1 },
      maxStreamRetries: 3,
      connectTimeoutMs: 500,
      headersTimeoutMs: 500,
      streamIdleTimeoutMs: 500,
    };
    const session = new ResponsesSession({ provider, auth: noAuth(), env: {}, carrier: "websocket" });
    const talks = Array.from({ length: LANES }, () => new Talk());
    const lanes = talks.map((_, at) => session.lane(`lane ${at}`));
    const all = (turn: (talk: Talk, lane: SessionLane, at: number) => Promise<unknown>) =>
      Promise.all(talks.map((talk, at) => turn(talk, lanes[at] as SessionLane, at)));
    try {
      for (let round = 0; round < TURNS; round += 1)
        await all((talk, lane, at) => talk.turn(lane, `${round % 2 ? TOOL_WISH : ""} ${seed}.${at}.${round}`));
      proxy.calm();
      const recovered = await all(async (talk, lane, at) => {
        for (let attempt = 0; attempt < 50; attempt += 1)
          if (await talk.turn(lane, `${TOOL_WISH} well again ${seed}.${at}.${attempt}`)) return true;
        return false;
      });
      expect(talks.flatMap((talk) => talk.faults)).toEqual([]);
      expect(recovered).toEqual(talks.map(() => true));
      expect(proxy.faults.length).toBeGreaterThan(0);
    } finally {
      await session.close();
      await proxy.close();
      await server.emulator.close();
    }
  },
);
