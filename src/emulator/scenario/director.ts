import { BoundedMap } from "../bounded-map.ts";
import type { Pace } from "../delivery/pace.ts";
import { ORDINARY, type Script, ScriptReader, type Step } from "../delivery/script.ts";
import { checkStep } from "../delivery/step-kinds.ts";
import type { Fields } from "../fields.ts";
import { type Journal, TEST_HEADER } from "../journal/journal.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { newestUserText } from "../model/dialogue.ts";
import { asksForResponse, type Check, checkOf, type Fault } from "./condition.ts";
import { RequestFacts } from "./request-facts.ts";
import type { Reply, Rule, Scenario } from "./scenario.ts";

/** A rule prepared for many requests. */
interface ReadyRule {
  readonly name: string;
  readonly replies: readonly Reply[];
  readonly times: number;
  readonly isForHandshakes: boolean;
  /** True if it can match a request that asks for no response. */
  readonly hasPath: boolean;
  readonly check: Check;
}

interface ReadyScenario extends Omit<Scenario, "rules"> {
  readonly rules: readonly ReadyRule[];
}

/** The progress of a test in its scenario. */
class Progress {
  readonly scenario: ReadyScenario;
  readonly matches = new Map<ReadyRule, number>();
  turns = 0;

  constructor(scenario: ReadyScenario) {
    this.scenario = scenario;
  }
}

const MOST_TESTS = 1000;

/** Decides who answers a request: first the script, then the scenario of its test, otherwise the model. */
export class Director {
  readonly #script: ScriptReader;
  readonly #journal: Journal;
  readonly #own = new BoundedMap<string, ReadyScenario>(MOST_TESTS);
  readonly #progress = new BoundedMap<string, Progress>(MOST_TESTS);
  #scenario: ReadyScenario;

  constructor(script: Script | undefined, scenario: Scenario | undefined, journal: Journal) {
    if (typeof script === "object")
      for (const [index, step] of script.entries()) checkStep(step, `step ${index + 1} of the script`);
    this.#script = new ScriptReader(script);
    this.#scenario = readied(scenario ?? { rules: [] });
    this.#journal = journal;
  }

  get pace(): Pace | undefined {
    return this.#scenario.pace;
  }

  /** Uses this scenario from now on; every test starts it again. @param test - Only for one test. */
  use(scenario: Scenario, test?: string): void {
    if (test === undefined) {
      this.#scenario = readied(scenario);
      this.#progress.clear();
    } else {
      this.#own.set(test, readied(scenario));
      this.#progress.delete(test);
    }
  }

  /** Restarts the scenario, for one test or for all. */
  reset(test?: string): void {
    if (test === undefined) this.#progress.clear();
    else this.#progress.delete(test);
  }

  /** @param before - everything said before the request, for one that holds only what is new. */
  async next(request: RecordedRequest, before?: () => readonly Fields[]): Promise<Step> {
    const text = newestUserText(request.json, before);
    const scripted = await this.#script.next(request);
    if (scripted) {
      checkStep(scripted, "what the script answered");
      this.#journal.decided(request, { answeredBy: "script", text });
      return scripted;
    }
    const progress = this.#progressOf(request.headers[TEST_HEADER] ?? "");
    const isModels = asksForResponse(request);
    if (isModels) progress.turns += 1;
    const facts = new RequestFacts(request, progress.turns, text);
    const faults: Fault[] = [];
    for (const rule of progress.scenario.rules) {
      const fault = faultOf(rule, facts, progress, isModels);
      if (!fault) {
        this.#journal.decided(request, { answeredBy: "scenario", rule: rule.name, text });
        return this.#replyOf(rule, request, progress);
      }
      faults.push(() => `rule ${rule.name}: ${fault()}`);
    }
    const mismatches = faults.map((fault) => fault());
    if (!isModels || progress.scenario.strict !== true) {
      this.#journal.decided(request, { answeredBy: "model", mismatches, text });
      return ORDINARY;
    }
    this.#journal.decided(request, { answeredBy: "nobody", mismatches, text });
    return unmatched(mismatches);
  }

  async #replyOf(rule: ReadyRule, request: RecordedRequest, progress: Progress): Promise<Step> {
    const count = progress.matches.get(rule) ?? 0;
    progress.matches.set(rule, count + 1);
    const reply = rule.replies[Math.min(count, rule.replies.length - 1)] ?? "model";
    if (typeof reply !== "function") return reply === "model" ? ORDINARY : reply; // it was checked with the scenario
    const decided = await reply(request);
    if (decided === "model") return ORDINARY;
    checkStep(decided, `what rule ${rule.name} replied`);
    return decided;
  }

  #progressOf(test: string): Progress {
    const found = this.#progress.get(test);
    if (found) return found;
    const progress = new Progress(this.#own.get(test) ?? this.#scenario);
    this.#progress.set(test, progress);
    return progress;
  }
}

function readied({ rules, ...rest }: Scenario): ReadyScenario {
  return { ...rest, rules: rules.map((rule, index) => readiedRule(rule, index)) };
}

function readiedRule({ name, when = {}, reply, times = Number.POSITIVE_INFINITY }: Rule, index: number): ReadyRule {
  const replies: readonly Reply[] = Array.isArray(reply) ? reply : [reply];
  return {
    name: name ?? String(index + 1),
    replies,
    times,
    isForHandshakes: replies.some(
      (one) => typeof one === "object" && (one.refuse !== undefined || one.accept !== undefined),
    ),
    hasPath: typeof when === "function" || when.path !== undefined,
    check:
      typeof when === "function"
        ? ({ request }) => (when(request) ? undefined : () => "its function says no")
        : checkOf(when),
  };
}

function faultOf(rule: ReadyRule, facts: RequestFacts, progress: Progress, isModels: boolean): Fault | undefined {
  const { request } = facts;
  if ((progress.matches.get(rule) ?? 0) >= rule.times) return () => `it has held ${rule.times} times`;
  if (rule.isForHandshakes !== (request.kind === "handshake")) return () => "it is for another kind of request";
  if (!isModels && request.kind !== "handshake" && !rule.hasPath) return () => "the request asks for no response";
  return rule.check(facts);
}

function unmatched(mismatches: readonly string[]): Step {
  const reasons = mismatches.length === 0 ? ["the scenario has no rules"] : mismatches;
  const message = `No rule of the scenario matches this request. ${reasons.join("; ")}.`;
  const code = "scenario_no_match";
  return { status: 400, body: { error: { message, type: "invalid_request_error", param: null, code } } };
}
