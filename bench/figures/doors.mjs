import { medianOf, ratioOf, takeTurns } from "../measure.mjs";
import { digits } from "../report.mjs";

/** 1,000 deltas and what stands around them: an answer of a page or two. */
const MODEL = "long:1007:text";
const PAIRS = /** @type {const} */ ([
  ["AI SDK", "ours-ai-sdk", "ai-sdk"],
  ["@openai/agents", "ours-agents", "agents"],
]);

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function doors(/** @type {import("./streams.mjs").Context} */ { server, quick }) {
  const samples = await takeTurns(server, {
    task: "stream",
    clients: PAIRS.flatMap(([, ...pair]) => pair),
    repetitions: quick ? 2 : 7,
    options: () => ({ model: MODEL, between: 30, later: 30 }), // until the compiler is done with it
  });
  return {
    title: "Through a framework: a response of 1,000 deltas of text over HTTP, CPU of the process in ms",
    head: ["framework", "through codex-wire", "through its own", "ratio"],
    rows: PAIRS.map(([framework, own, theirs]) => [
      framework,
      digits(medianOf(samples[own], "cpuMs")),
      digits(medianOf(samples[theirs], "cpuMs")),
      digits(ratioOf(samples[own], samples[theirs], "cpuMs")),
    ]),
    checks: PAIRS.map(([framework, own, theirs]) => ({
      what: `CPU to the model that ${framework} has itself`,
      value: ratioOf(samples[own], samples[theirs], "cpuMs"),
      limit: 1,
      unit: "x",
    })),
    notes: ["the model alone, without the framework's loop around it; the median of 30 responses in a warm process"],
  };
}
