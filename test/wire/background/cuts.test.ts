import { describe, expect, it } from "vitest";
import type { RecordedRequest, Step } from "../../../src/emulator/index.ts";
import { asked, hurriedClock, ofResponse, read, stage } from "./support.ts";

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FAULTS = ["resetAfterEvents", "terminateAfterEvents", "endAfterEvents"] as const;

/** The fault of the next connection: at least `created` comes over the first, anything or nothing over the others. */
function faultOf(random: () => number, isFirst: boolean): Step {
  const fault = FAULTS[Math.floor(random() * FAULTS.length)] ?? "resetAfterEvents";
  const chunkBytes = random() < 0.2 ? { chunkBytes: 1 + Math.floor(random() * 200) } : {};
  return { [fault]: (isFirst ? 1 : 0) + Math.floor(random() * 4), ...chunkBytes };
}

const PROMPTS = ["count to 9", "repeat: naïve café 🙂 déjà vu, twice over", "17*23", "please refuse"];
const SEEDS = 200;

describe("a stream that is cut again and again", () => {
  it(`brings every event once, of one generation, with each of ${SEEDS} seeds`, { timeout: 120_000 }, async () => {
    const seeds = new Map<string, { readonly random: () => number; readonly requests: RecordedRequest[] }>();
    const script = (request: RecordedRequest): Step | undefined => {
      const seed = seeds.get(request.headers["x-seed"] ?? "");
      if (seed === undefined) return undefined;
      seed.requests.push(request);
      const { random } = seed;
      if (request.method === "POST")
        return { ...faultOf(random, true), pace: random() < 0.5 ? "none" : { delayMsPerWord: 1 } };
      return request.path.includes("stream=true") ? faultOf(random, false) : undefined;
    };
    const { api } = await stage({ script }, {}, { clock: hurriedClock });
    let resumptions = 0;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const requests: RecordedRequest[] = [];
      seeds.set(String(seed), { random: randomOf(seed), requests });
      const prompt = PROMPTS[seed % PROMPTS.length] ?? "";
      const stream = await api.responses.stream(asked(prompt), { headers: { "x-seed": String(seed) } });
      const events = await read(stream);
      const asks = requests.filter(({ method, path }) => method === "GET" && !path.includes("stream=true"));
      expect(requests.filter(({ method }) => method === "POST")).toHaveLength(1);
      const whole = await read(await api.responses.resume(stream.position?.responseId ?? ""));
      const text = (all: typeof events) => all.map((event) => ("delta" in event ? event.delta : "")).join("");
      const items = (all: typeof events) => all.filter(({ type }) => type === "output_item.done");
      expect(text(events), `seed ${seed}`).toBe(text(whole));
      expect(items(events), `seed ${seed}`).toEqual(items(whole));
      expect(events.at(-1), `seed ${seed}`).toEqual(whole.at(-1));
      // What comes from the final response is divided differently; all other events are equal.
      if (asks.length === 0) expect(ofResponse(events), `seed ${seed}`).toEqual(ofResponse(whole));
      resumptions += events.filter(({ type }) => type === "resumed").length;
    }
    expect(resumptions).toBeGreaterThan(SEEDS);
  });

  it("is taken up after every single event behind `created`, event for event", async () => {
    const { api: plain } = await stage();
    const count = (await read(await plain.responses.stream(asked("count to 9")))).length + 3;
    for (const fault of FAULTS) {
      for (let cut = 1; cut < count; cut += 1) {
        const isFirst = (request: RecordedRequest) => request.method === "POST";
        const { api, generations, notices } = await stage({
          script: (request) => (isFirst(request) ? { [fault]: cut } : undefined),
        });
        const stream = await api.responses.stream(asked("count to 9"));
        const events = await read(stream);
        const whole = await read(await api.responses.resume(stream.position?.responseId ?? ""));
        expect(ofResponse(events), `${fault}: ${cut}`).toEqual(ofResponse(whole));
        expect(generations()).toBe(1);
        expect(notices.every(({ layer, retry }) => layer === "resume" && retry === 1)).toBe(true);
      }
    }
  }, 60_000);
});
