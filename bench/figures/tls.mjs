import { digits } from "../report.mjs";
import { run } from "../tls-connect.mjs";

/** @returns {Promise<import("../report.mjs").Figure>} */
export async function tlsConnect(/** @type {{ quick: boolean }} */ { quick }) {
  const { name, ours, baseline, ratio, goal, notes } = await run(quick ? 15 : undefined);
  return {
    title: name,
    head: ["", "ms a connection"],
    rows: [
      ["with the bundle", digits(ours)],
      ["without one", digits(baseline)],
    ],
    checks: [{ what: "with a bundle to without", value: ratio, limit: goal, unit: "x" }],
    notes,
  };
}
