import { anything, check, choice, either, type Kind, record, text, toggle, whole } from "../checking/kinds.ts";
import { checkStep, PACE } from "../delivery/step-kinds.ts";
import { isFields } from "../fields.ts";
import { finderOf } from "./condition.ts";
import type { Condition, Rule, Scenario } from "./scenario.ts";

const SCENARIO = { strict: toggle, pace: PACE, rules: anything } satisfies Record<keyof Scenario, Kind>;
const RULE = { name: text, when: anything, reply: anything, times: whole(1) } satisfies Record<keyof Rule, Kind>;
const PATTERN: Kind = {
  what: "a part of a text, or a pattern such as `/^run/i`",
  accepts(value) {
    if (value instanceof RegExp) return true;
    if (typeof value !== "string") return false;
    try {
      finderOf(value);
      return true;
    } catch {
      return false;
    }
  },
};
const CONDITION = {
  text: PATTERN,
  instructions: PATTERN,
  model: text,
  tool: text,
  toolOutput: either(PATTERN, { what: "true", accepts: (value) => value === true }),
  turn: whole(1),
  carrier: choice("http", "websocket"),
  continued: toggle,
  stream: toggle,
  path: text,
  method: text,
  headers: {
    what: `an object, each entry ${PATTERN.what}`,
    accepts: (value) => isFields(value) && Object.values(value).every(PATTERN.accepts),
  },
  body: record,
} satisfies Record<keyof Condition, Kind>;

/**
 * A scenario as it came from a file or a caller, looked through.
 *
 * @throws An error that says where it is wrong, and what was probably meant or may be there.
 */
export function checkedScenario(value: unknown): Scenario {
  const scenario = Array.isArray(value) ? { rules: value } : value;
  if (!isFields(scenario)) throw new Error("a scenario is an object with `rules`, or the list of its rules");
  check(scenario, SCENARIO, "the scenario");
  if (!Array.isArray(scenario.rules))
    throw new Error("the scenario has no `rules`, which is a list of { when, reply }");
  for (const [index, rule] of scenario.rules.entries()) checkRule(rule, `rule ${index + 1}`);
  return { ...scenario, rules: scenario.rules };
}

/** @throws An error that says what of it is wrong: a misspelt condition would hold for every request. */
export function checkCondition(when: object, where: string): void {
  check(when, CONDITION, where);
}

function checkRule(rule: unknown, where: string): void {
  if (!isFields(rule)) throw new Error(`${where} is not an object with \`reply\``);
  check(rule, RULE, where);
  if (isFields(rule.when)) checkCondition(rule.when, `\`when\` of ${where}`);
  else if (rule.when !== undefined && typeof rule.when !== "function")
    throw new Error(`\`when\` of ${where} is neither an object nor a function`);
  if (rule.reply === undefined) throw new Error(`${where} has no \`reply\``);
  const replies = Array.isArray(rule.reply) ? rule.reply : [rule.reply];
  if (replies.length === 0) throw new Error(`${where} has an empty list as \`reply\``);
  for (const reply of replies) {
    if (reply === "model" || typeof reply === "function") continue;
    if (!isFields(reply)) throw new Error(`a reply of ${where} is neither an object nor "model"`);
    checkStep(reply, `a reply of ${where}`);
  }
}
