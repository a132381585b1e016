import { type Fields, isFields, listIn, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../journal/recording.ts";
import { declaredTools } from "../model/tools.ts";
import { routeOf } from "../routes.ts";
import type { Condition, TextPattern } from "./scenario.ts";

const PATTERN = /^\/(.+)\/([a-z]*)$/s;

/** Whether a request asks for a response of the model. */
export function asksForResponse({ kind, method, path, json }: RecordedRequest): boolean {
  if (kind === "frame") return isFields(json) && json.type === "response.create";
  if (kind !== "http") return false;
  const route = routeOf(method, path.split("?", 1)[0] ?? path);
  return route !== undefined && "endpoint" in route && route.endpoint === "responses";
}

/** @returns Why a request is not like that, or nothing when it is. */
export function mismatch(condition: Condition, request: RecordedRequest, turn: number): string | undefined {
  const body = isFields(request.json) ? request.json : {};
  const input = itemsOf(body);
  const carrier = request.kind === "http" ? "http" : "websocket";
  const { text, instructions, model, tool, toolOutput, continued, stream, path, method, headers = {} } = condition;
  const isGlob = (name: string, pattern: string | undefined, found: string) =>
    pattern === undefined || glob(pattern).test(found)
      ? undefined
      : `${name} is ${quoted(found)}, not ${quoted(pattern)}`;
  const isSame = (name: string, wanted: unknown, found: unknown) =>
    wanted === undefined || wanted === found ? undefined : `${name} is ${String(found)}, not ${String(wanted)}`;
  const has = (name: string, pattern: TextPattern | undefined, found: string) =>
    pattern === undefined || finds(pattern, found) ? undefined : `${name} ${quoted(found)} has no ${shown(pattern)}`;
  return (
    isSame("the turn", condition.turn, turn) ??
    isSame("the carrier", condition.carrier, carrier) ??
    isSame("the method", method, request.method) ??
    isGlob("the path", path, request.path.split("?", 1)[0] ?? "") ??
    isGlob("the model", model, stringIn(body, "model") ?? "") ??
    isSame("stream", stream, stream === undefined ? undefined : body.stream === true) ??
    isSame("continued", continued, typeof body.previous_response_id === "string") ??
    has("the user's text", text, newestUserText(input)) ??
    has("the instructions", instructions, instructionsOf(body, input)) ??
    toolMismatch(tool, body, input) ??
    outputMismatch(toolOutput, input) ??
    Object.entries(headers)
      .map(([name, pattern]) => has(`the header ${name}`, pattern, request.headers[name.toLowerCase()] ?? ""))
      .find((fault) => fault !== undefined) ??
    bodyMismatch(condition.body, body, "")
  );
}

function toolMismatch(wanted: string | undefined, body: Fields, input: readonly Fields[]): string | undefined {
  if (wanted === undefined) return undefined;
  const names = declaredTools(body, input).flatMap(namesOf);
  return names.includes(wanted) ? undefined : `no tool is called ${quoted(wanted)}, only ${names.join(", ") || "none"}`;
}

function namesOf(tool: Fields): readonly string[] {
  const name = stringIn(tool, "name");
  return [...(name === undefined ? [] : [name]), ...listIn(tool, "tools").flatMap(namesOf)];
}

function outputMismatch(wanted: Condition["toolOutput"], input: readonly Fields[]): string | undefined {
  if (wanted === undefined) return undefined;
  const last = input.findLastIndex(({ type }) => !/_output$/.test(String(type)));
  const outputs = input
    .slice(last + 1)
    .map(({ output }) => (typeof output === "string" ? output : JSON.stringify(output ?? "")));
  if (outputs.length === 0) return "the input ends with no output of a tool";
  if (wanted === true || outputs.some((output) => finds(wanted, output))) return undefined;
  return `no output of a tool has ${shown(wanted)}`;
}

function bodyMismatch(wanted: unknown, found: unknown, path: string): string | undefined {
  if (wanted === undefined) return undefined;
  if (isFields(wanted) && isFields(found)) {
    for (const [name, value] of Object.entries(wanted)) {
      const fault = bodyMismatch(value, found[name], path === "" ? name : `${path}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  return JSON.stringify(wanted) === JSON.stringify(found)
    ? undefined
    : `the body's ${path || "value"} is ${brief(found)}, not ${brief(wanted)}`;
}

function itemsOf(body: Fields): readonly Fields[] {
  return typeof body.input === "string" ? [{ role: "user", content: body.input }] : listIn(body, "input");
}

function newestUserText(input: readonly Fields[]): string {
  const message = input.findLast(({ role }) => role === "user");
  return message ? textOf(message) : "";
}

function instructionsOf(body: Fields, input: readonly Fields[]): string {
  const told = input.filter(({ role }) => role === "system" || role === "developer").map(textOf);
  return [stringIn(body, "instructions") ?? "", ...told].join("\n");
}

function textOf(message: Fields): string {
  return (
    stringIn(message, "content") ??
    listIn(message, "content")
      .map((part) => stringIn(part, "text") ?? "")
      .join("\n")
  );
}

function finds(pattern: TextPattern, text: string): boolean {
  const inSlashes = typeof pattern === "string" ? PATTERN.exec(pattern) : null;
  if (inSlashes) return new RegExp(inSlashes[1] ?? "", inSlashes[2]).test(text);
  if (typeof pattern === "string") return text.toLowerCase().includes(pattern.toLowerCase());
  pattern.lastIndex = 0; // a global one remembers where it was
  return pattern.test(text);
}

function glob(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );
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
