import { isFields } from "../fields.ts";
import type { Scenario } from "./scenario.ts";

const SCENARIO = ["strict", "pace", "rules"];
const RULE = ["name", "when", "reply", "times"];
const CONDITION = [
  ...[
    "text",
    "instructions",
    "model",
    "tool",
    "toolOutput",
    "turn",
    "carrier",
    "continued",
    "stream",
    "path",
    "method",
  ],
  ...["headers", "body"],
];
const STEP = [
  ...[
    "answer",
    "toolCalls",
    "refusal",
    "reasoning",
    "items",
    "incomplete",
    "failed",
    "pace",
    "status",
    "headers",
    "body",
  ],
  ...[
    "events",
    "raw",
    "frames",
    "resetBeforeHeaders",
    "stallBeforeHeaders",
    "resetAfterEvents",
    "terminateAfterEvents",
  ],
  ...["endAfterEvents", "stallAfterEvents", "close", "keepAliveEveryMs", "chunkBytes", "refuse", "accept"],
];

/**
 * Checks a scenario from a file or a caller: a misspelt name would be a rule that never matches.
 *
 * @throws An error that says where it is wrong, and what was probably meant.
 */
export function checkedScenario(value: unknown): Scenario {
  const scenario = Array.isArray(value) ? { rules: value } : value;
  if (!isFields(scenario)) throw new Error("a scenario is an object with `rules`, or the list of its rules");
  checkNames(scenario, SCENARIO, "the scenario");
  if (!Array.isArray(scenario.rules))
    throw new Error("the scenario has no `rules`, which is a list of { when, reply }");
  for (const [index, rule] of scenario.rules.entries()) checkRule(rule, `rule ${index + 1}`);
  return { ...scenario, rules: scenario.rules };
}

function checkRule(rule: unknown, where: string): void {
  if (!isFields(rule)) throw new Error(`${where} is not an object with \`reply\``);
  checkNames(rule, RULE, where);
  if (isFields(rule.when)) checkNames(rule.when, CONDITION, `\`when\` of ${where}`);
  if (rule.reply === undefined) throw new Error(`${where} has no \`reply\``);
  const replies = Array.isArray(rule.reply) ? rule.reply : [rule.reply];
  if (replies.length === 0) throw new Error(`${where} has an empty list as \`reply\``);
  for (const reply of replies) {
    if (reply === "model" || typeof reply === "function") continue;
    if (!isFields(reply)) throw new Error(`a reply of ${where} is neither an object nor "model"`);
    checkStep(reply, `a reply of ${where}`);
  }
}

/** @throws An error: a misspelt name would be a fault that never happens. */
export function checkStep(step: object, where: string): void {
  checkNames(step, STEP, where);
}

function checkNames(value: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = known.reduce((best, name) => (distance(name, unknown) < distance(best, unknown) ? name : best));
  throw new Error(`${where} has an unknown name \`${unknown}\`; did you mean \`${meant}\`?`);
}

/** Upper bound of the number of letters by which two names differ. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, otherLetter] of [...other].entries()) {
      const replaced = (row[index] ?? 0) + (letter.toLowerCase() === otherLetter.toLowerCase() ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
