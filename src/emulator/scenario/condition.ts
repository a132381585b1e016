import { type Fields, isFields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { pathnameOf, routeOf } from "../routes.ts";
import type { RequestFacts } from "./request-facts.ts";
import type { Condition, TextPattern } from "./scenario.ts";

/** Why a request does not match; the text is made only when needed. */
export type Fault = () => string;

/** Checks a request, or one property of it. */
export type Check = (facts: RequestFacts) => Fault | undefined;

/** True if a request asks for a model's response. */
export function asksForResponse({ kind, method, path, json }: RecordedRequest): boolean {
  if (kind === "frame") return isFields(json) && json.type === "response.create";
  if (kind !== "http") return false;
  const route = routeOf(method, pathnameOf(path));
  return route !== undefined && "endpoint" in route && route.endpoint === "responses";
}

/** Prepares a condition for many requests. @returns Why a request does not match; undefined if it does. */
export function checkOf(condition: Condition): Check {
  const checks = [...checksOf(condition)];
  return (facts) => {
    for (const check of checks) {
      const fault = check(facts);
      if (fault) return fault;
    }
    return undefined;
  };
}

function* checksOf(condition: Condition): Generator<Check> {
  const { turn, carrier, method, path, model, stream, continued, text, instructions, tool, toolOutput } = condition;
  if (turn !== undefined) yield same("the turn", turn, (facts) => facts.turn);
  if (carrier !== undefined) yield same("the carrier", carrier, (facts) => facts.carrier);
  if (method !== undefined) yield same("the method", method, ({ request }) => request.method);
  if (path !== undefined) yield fits("the path", path, (facts) => facts.pathname);
  if (model !== undefined) yield fits("the model", model, (facts) => facts.model);
  if (stream !== undefined) yield same("stream", stream, ({ body }) => body.stream === true);
  if (continued !== undefined)
    yield same("continued", continued, ({ body }) => typeof body.previous_response_id === "string");
  if (text !== undefined) yield has("the user's text", text, (facts) => facts.userText);
  if (instructions !== undefined) yield has("the instructions", instructions, (facts) => facts.instructions);
  if (tool !== undefined) yield declares(tool);
  if (toolOutput !== undefined) yield outputs(toolOutput);
  for (const [name, pattern] of Object.entries(condition.headers ?? {}))
    yield has(`the header ${name}`, pattern, ({ request }) => request.headers[name.toLowerCase()] ?? "");
  if (condition.body !== undefined) {
    const { body: wanted } = condition;
    yield ({ body }) => bodyFault(wanted, body, "");
  }
}

function same(name: string, wanted: unknown, foundIn: (facts: RequestFacts) => unknown): Check {
  return (facts) => {
    const found = foundIn(facts);
    return wanted === found ? undefined : () => `${name} is ${String(found)}, not ${String(wanted)}`;
  };
}

function fits(name: string, wanted: string, foundIn: (facts: RequestFacts) => string): Check {
  const pattern = glob(wanted);
  return (facts) => {
    const found = foundIn(facts);
    return pattern.test(found) ? undefined : () => `${name} is ${quoted(found)}, not ${quoted(wanted)}`;
  };
}

function has(name: string, wanted: TextPattern, foundIn: (facts: RequestFacts) => string): Check {
  const isIn = finderOf(wanted);
  return (facts) => {
    const found = foundIn(facts);
    return isIn(found) ? undefined : () => `${name} ${quoted(found)} has no ${shown(wanted)}`;
  };
}

function declares(wanted: string): Check {
  return ({ toolNames: names }) =>
    names.includes(wanted)
      ? undefined
      : () => `no tool is called ${quoted(wanted)}, only ${names.join(", ") || "none"}`;
}

function outputs(wanted: TextPattern | true): Check {
  const isIn = wanted === true ? undefined : finderOf(wanted);
  return ({ toolOutputs }) => {
    if (toolOutputs.length === 0) return () => "the input ends with no output of a tool";
    if (wanted === true || !isIn || toolOutputs.some(isIn)) return undefined;
    return () => `no output of a tool has ${shown(wanted)}`;
  };
}

function bodyFault(wanted: unknown, found: unknown, path: string): Fault | undefined {
  if (wanted === undefined) return undefined;
  if (isFields(wanted) && isFields(found)) return fieldsFault(wanted, found, path);
  return JSON.stringify(wanted) === JSON.stringify(found)
    ? undefined
    : () => `the body's ${path || "value"} is ${brief(found)}, not ${brief(wanted)}`;
}

function fieldsFault(wanted: Fields, found: Fields, path: string): Fault | undefined {
  for (const [name, value] of Object.entries(wanted)) {
    const fault = bodyFault(value, found[name], path === "" ? name : `${path}.${name}`);
    if (fault) return fault;
  }
  return undefined;
}

const PATTERN = /^\/(.+)\/([a-z]*)$/s;

/** @throws A `SyntaxError` for a pattern that is none. */
export function finderOf(pattern: TextPattern): (text: string) => boolean {
  const inSlashes = typeof pattern === "string" ? PATTERN.exec(pattern) : null;
  if (typeof pattern === "string" && !inSlashes) {
    const wanted = pattern.toLowerCase();
    return (text) => text.toLowerCase().includes(wanted);
  }
  const expression = inSlashes ? new RegExp(inSlashes[1] ?? "", inSlashes[2]) : new RegExp(pattern);
  return (text) => {
    expression.lastIndex = 0; // a global expression keeps its position
    return expression.test(text);
  };
}

function glob(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

function shown(pattern: TextPattern): string {
  return typeof pattern === "string" && !PATTERN.test(pattern) ? quoted(pattern) : String(pattern);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function brief(value: unknown): string {
  return value === undefined ? "absent" : quoted(JSON.stringify(value));
}
