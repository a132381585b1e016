import type { OpenAIClient } from "@openai/agents";
import type { JsonObject } from "../../index.ts";
import type { Answer, Conversations, WholeRequest } from "../conversations.ts";
import type { RequestDefaults } from "../line.ts";
import { WireEvents } from "./wire-events.ts";

interface CreateOptions {
  readonly headers?: Readonly<Record<string, string | null | undefined>>;
  readonly signal?: AbortSignal;
}

/** The methods of an OpenAI client that the framework's Responses model uses. */
export function responsesClient(conversations: Conversations, defaults: RequestDefaults = {}): OpenAIClient {
  const create = (body: JsonObject, { headers, signal }: CreateOptions = {}) => {
    const request = requestOf(body, defaults);
    const asked = conversations.ask(request, {
      headers: ownHeaders(headers),
      signal,
      wireEvents: true,
      isShown: body.stream === true,
    });
    return body.stream
      ? withResponse(asked, (answer) => streamed(answer, signal))
      : withResponse(asked, (answer) => whole(answer, signal));
  };
  return { baseURL: "", responses: { create } } as unknown as OpenAIClient;
}

/** Stored, as the framework expects; and with encrypted reasoning, so that a history that is sent whole contains it. */
function requestOf({ stream: _, input, ...body }: JsonObject, defaults: RequestDefaults): WholeRequest {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  const request = { store: true, ...defaults, ...given } as Partial<WholeRequest>;
  const items =
    typeof input === "string"
      ? [{ type: "message", role: "user", content: [{ type: "input_text", text: input }] }]
      : input;
  return { ...request, input: items } as WholeRequest;
}

/** Without the framework's user agent: ours is the same for every request. */
function ownHeaders(headers: CreateOptions["headers"]): Record<string, string> {
  const own = Object.entries(headers ?? {}).filter(
    ([name, value]) => typeof value === "string" && name.toLowerCase() !== "user-agent",
  );
  return Object.fromEntries(own) as Record<string, string>;
}

/** A promise in the SDK's form: it resolves with the data, and `withResponse` also returns the request's id. */
function withResponse<Data>(asked: Promise<Answer>, read: (answer: Answer) => Data | Promise<Data>) {
  const data = asked.then(read);
  data.catch(() => {}); // callers may only wait for `withResponse`
  return Object.assign(data, {
    withResponse: async () => ({ data: await data, request_id: (await asked).requestId, response: undefined }),
  });
}

async function whole(answer: Answer, signal: AbortSignal | undefined): Promise<JsonObject> {
  let response: JsonObject | undefined;
  const events = new WireEvents({ mayBeginAnew: true });
  try {
    for await (const event of answer) {
      for (const wire of events.of(event)) if (isEnd(wire)) response = wire.response;
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
  return Object.defineProperty({ ...response }, "_request_id", { value: answer.requestId, enumerable: false });
}

async function* streamed(answer: Answer, signal: AbortSignal | undefined): AsyncGenerator<JsonObject, void> {
  const events = new WireEvents({ mayBeginAnew: false });
  try {
    for await (const event of answer) yield* events.of(event);
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    await answer.return();
  }
}

function isEnd(event: JsonObject): event is JsonObject & { readonly response: JsonObject } {
  return event.type === "response.completed" || event.type === "response.incomplete";
}
