import { type Fields, isFields, listIn, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { textOf } from "../model/dialogue.ts";
import { declaredTools, toolNames } from "../model/tools.ts";
import { pathnameOf } from "../routes.ts";

/** What conditions need to know of one request. */
export class RequestFacts {
  readonly request: RecordedRequest;
  /** Its number among the requests for a response, from 1. */
  readonly turn: number;
  /** Text of the newest user message in its conversation. */
  readonly userText: string;
  readonly body: Fields;

  constructor(request: RecordedRequest, turn: number, userText: string) {
    this.request = request;
    this.turn = turn;
    this.userText = userText;
    this.body = isFields(request.json) ? request.json : {};
  }

  get carrier(): "http" | "websocket" {
    return this.request.kind === "http" ? "http" : "websocket";
  }

  get pathname(): string {
    return pathnameOf(this.request.path);
  }

  get model(): string {
    return stringIn(this.body, "model") ?? "";
  }

  /** The request's instructions, and its system and developer messages. */
  get instructions(): string {
    const told = this.#items.filter(({ role }) => role === "system" || role === "developer").map(textOf);
    return [stringIn(this.body, "instructions") ?? "", ...told].join("\n");
  }

  /** Names of the declared tools, including those in namespaces. */
  get toolNames(): readonly string[] {
    return declaredTools(this.body, this.#items).flatMap(toolNames);
  }

  /** The outputs that the input ends with. */
  get toolOutputs(): readonly string[] {
    const items = this.#items;
    const last = items.findLastIndex(({ type }) => !/_output$/.test(String(type)));
    return items
      .slice(last + 1)
      .map(({ output }) => (typeof output === "string" ? output : JSON.stringify(output ?? "")));
  }

  get #items(): readonly Fields[] {
    return listIn(this.body, "input");
  }
}
