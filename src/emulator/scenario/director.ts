import type { Pace } from "../delivery/pace.ts";
import { ORDINARY, type Script, ScriptReader, type Step } from "../delivery/script.ts";
import { type Journal, TEST_HEADER } from "../journal/journal.ts";
import type { RecordedRequest } from "../journal/recording.ts";
import { asksForResponse, mismatch } from "./condition.ts";
import type { Reply, Rule, Scenario } from "./scenario.ts";

/** How far a test has come in its scenario. */
class Progress {
  readonly scenario: Scenario;
  readonly matches = new Map<Rule, number>();
  turns = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }
}

const EMPTY: Scenario = { rules: [] };
const MOST_TESTS = 1000;

/** Decides about each request: first the script, then the scenario of its test, then nobody: the model answers. */
export class Director {
  readonly #script: ScriptReader;
  readonly #journal: Journal;
  readonly #own = new Map<string, Scenario>();
  readonly #progress = new Map<string, Progress>();
  #scenario: Scenario;

  constructor(script: Script | undefined, scenario: Scenario | undefined, journal: Journal) {
    this.#script = new ScriptReader(script);
    this.#scenario = scenario ?? EMPTY;
    this.#journal = journal;
  }

  get pace(): Pace | undefined {
    return this.#scenario.pace;
  }

  /** From now on this scenario; every test begins it anew. @param test - for one test alone. */
  use(scenario: Scenario, test?: string): void {
    if (test === undefined) {
      this.#scenario = scenario;
      this.#progress.clear();
    } else {
      this.#own.set(test, scenario);
      this.#progress.delete(test);
      forgetOldest(this.#own);
    }
  }

  /** Begins the scenario anew, for one test or for all. */
  reset(test?: string): void {
    if (test === undefined) this.#progress.clear();
    else this.#progress.delete(test);
  }

  async next(request: RecordedRequest): Promise<Step> {
    const scripted = await this.#script.next(request);
    if (scripted) {
      this.#journal.decided(request, { answeredBy: "script" });
      return scripted;
    }
    const progress = this.#progressOf(request.headers[TEST_HEADER] ?? "");
    const isModels = asksForResponse(request);
    if (isModels) progress.turns += 1;
    const mismatches: string[] = [];
    for (const [index, rule] of progress.scenario.rules.entries()) {
      const name = rule.name ?? String(index + 1);
      const fault = mismatchOf(rule, request, progress, isModels);
      if (fault === undefined) {
        this.#journal.decided(request, { answeredBy: "scenario", rule: name });
        return this.#replyOf(rule, request, progress);
      }
      mismatches.push(`rule ${name}: ${fault}`);
    }
    if (!isModels || progress.scenario.strict !== true) {
      this.#journal.decided(request, { answeredBy: "model", mismatches });
      return ORDINARY;
    }
    this.#journal.decided(request, { answeredBy: "nobody", mismatches });
    return unmatched(mismatches);
  }

  async #replyOf(rule: Rule, request: RecordedRequest, progress: Progress): Promise<Step> {
    const count = progress.matches.get(rule) ?? 0;
    progress.matches.set(rule, count + 1);
    const replies: readonly Reply[] = Array.isArray(rule.reply) ? rule.reply : [rule.reply];
    const reply = replies[Math.min(count, replies.length - 1)] ?? "model";
    const decided = typeof reply === "function" ? await reply(request) : reply;
    return decided === "model" ? ORDINARY : decided;
  }

  #progressOf(test: string): Progress {
    const scenario = this.#own.get(test) ?? this.#scenario;
    const found = this.#progress.get(test);
    if (found) return found;
    const progress = new Progress(scenario);
    this.#progress.set(test, progress);
    forgetOldest(this.#progress);
    return progress;
  }
}

function mismatchOf(rule: Rule, request: RecordedRequest, progress: Progress, isModels: boolean): string | undefined {
  if (rule.times !== undefined && (progress.matches.get(rule) ?? 0) >= rule.times)
    return `it has held ${rule.times} times`;
  if (isForHandshakes(rule) !== (request.kind === "handshake")) return "it is for another kind of request";
  const { when = {} } = rule;
  if (typeof when === "function") return when(request) ? undefined : "its function says no";
  if (!isModels && request.kind !== "handshake" && when.path === undefined) return "the request asks for no response";
  return mismatch(when, request, progress.turns);
}

function isForHandshakes({ reply }: Rule): boolean {
  const replies: readonly Reply[] = Array.isArray(reply) ? reply : [reply];
  return replies.some((one) => typeof one === "object" && (one.refuse !== undefined || one.accept !== undefined));
}

function unmatched(mismatches: readonly string[]): Step {
  const reasons = mismatches.length === 0 ? ["the scenario has no rules"] : mismatches;
  const message = `No rule of the scenario matches this request. ${reasons.join("; ")}.`;
  const code = "scenario_no_match";
  return { status: 400, body: { error: { message, type: "invalid_request_error", param: null, code } } };
}

function forgetOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > MOST_TESTS && oldest !== undefined) map.delete(oldest);
}
