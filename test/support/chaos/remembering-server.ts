import { constants, createGzip } from "node:zlib";
import { type Emulator, type RecordedRequest, type Step, startEmulator } from "../../../src/emulator/index.ts";
import { digestOf, type Item, lastWord } from "./history.ts";

/** Beginning of a user message that asks for a tool call first. */
export const TOOL_WISH = "use a tool:";
/** Beginning of a user message whose answer should be compressed over HTTP. */
export const GZIP_WISH = "compressed";
/** The header that identifies the caller. */
export const CALLER = "x-caller";

/** Pace of background responses: slow enough that readers leave and streams break. */
const PACE = { delayMsPerWord: 1 } as const;

export interface ServerSettings {
  readonly tls: boolean;
  /** Whether frames of a WebSocket are compressed. */
  readonly deflate: boolean;
  /** Background responses can only be polled after their stream broke. */
  readonly pollsOnly: boolean;
}

/**
 * An emulator that assembles each conversation from its requests, including `previous_response_id`, and answers with the digest of the
 * result. So the caller notices if the service has received a different conversation.
 */
export class RememberingServer {
  readonly emulator: Emulator;
  /** Requests by the last user message. */
  readonly asked = new Map<string, number>();
  /** By connection and response, because a WebSocket remembers its own answers. */
  readonly #memory = new Map<string, readonly Item[]>();
  /** Callers with background responses on this server. Emulators use the same ids, so another one would answer with its own response. */
  readonly #owners = new Set<string | undefined>();
  static #responses = 0;

  private constructor(emulator: Emulator) {
    this.emulator = emulator;
  }

  static async start({ tls, deflate, pollsOnly }: ServerSettings): Promise<RememberingServer> {
    let server: RememberingServer | undefined;
    const emulator = await startEmulator({
      tls,
      compressFrames: deflate,
      recordLimit: 1,
      ...(pollsOnly && { backgroundStreamableMs: 0 }),
      script: (request) => server?.answer(request),
    });
    server = new RememberingServer(emulator);
    return server;
  }

  get port(): number {
    return Number(new URL(this.emulator.origin).port);
  }

  answer(request: RecordedRequest): Step | undefined {
    if (request.kind === "handshake" || !request.path.includes("/responses")) return undefined;
    const caller = request.headers[CALLER];
    if (request.path.includes("/responses/") && !this.#owners.has(caller))
      return { status: 404, body: { error: { code: "response_not_found", message: "Response not found." } } };
    const body = request.json as
      | { input?: Item[]; previous_response_id?: string; generate?: boolean; background?: boolean }
      | undefined;
    // Damaged on the way, or a realtime message: the emulator reports the error.
    if (!Array.isArray(body?.input)) return undefined;
    const before = body.previous_response_id;
    const known = before === undefined ? [] : this.#memory.get(`${request.connection} ${before}`);
    if (!known) {
      const error = {
        code: "previous_response_not_found",
        message: `Previous response with id '${before}' not found.`,
      };
      return { status: 400, body: { error } };
    }
    const history = [...known, ...body.input];
    RememberingServer.#responses += 1;
    const id = `resp_${RememberingServer.#responses}`;
    const generates = body.generate !== false;
    const word = lastWord(history);
    if (generates && word !== undefined) this.asked.set(word, (this.asked.get(word) ?? 0) + 1);
    // Only the emulator itself can continue a response after its connection ended.
    if (body.background) {
      this.#owners.add(caller);
      return { reasoning: `About ${id}.`, answer: answerText(history, word ?? ""), pace: PACE };
    }
    const output = generates ? answerTo(history, id, word ?? "") : [];
    this.#remember(`${request.connection} ${id}`, [...history, ...output]);
    const events = eventsOf(id, output);
    if (request.kind !== "http" || !word?.includes(GZIP_WISH)) return { events };
    return { raw: compressed(events), headers: { "content-encoding": "gzip" } };
  }

  #remember(key: string, history: readonly Item[]): void {
    this.#memory.set(key, history);
    const [oldest] = this.#memory.keys();
    if (this.#memory.size > 2_000 && oldest !== undefined) this.#memory.delete(oldest);
  }
}

/** A call, if one is wanted and not made yet; else two messages, each with the digest of everything before it. */
function answerTo(history: readonly Item[], id: string, word: string): Item[] {
  const wasCalled = history.at(-1)?.type === "function_call_output";
  if (word.startsWith(TOOL_WISH) && !wasCalled)
    return [
      { type: "function_call", id: `fc_${id}`, name: "look", arguments: "{}", call_id: `call_${digestOf(history)}` },
    ];
  const items: Item[] = [];
  for (const part of [1, 2]) items.push(message(`msg_${id}_${part}`, answerText([...history, ...items], word)));
  return items;
}

/** Digest for a message after `before`. */
function answerText(before: readonly Item[], word: string): string {
  return `${digestOf(before)} for "${word}".`;
}

function message(id: string, text: string): Item {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { type: "message", id, role: "assistant", status: "completed", content };
}

function* eventsOf(id: string, output: readonly Item[]): Generator<unknown> {
  yield { type: "response.created", response: { id, status: "in_progress", output: [] } };
  for (const [index, item] of output.entries()) {
    yield { type: "response.output_item.added", output_index: index, item: { ...item, content: [] } };
    const text = (item.content as Item[] | undefined)?.[0]?.text as string | undefined;
    for (const delta of text?.match(/.{1,7}/gsu) ?? [])
      yield { type: "response.output_text.delta", item_id: item.id, output_index: index, content_index: 0, delta };
    yield { type: "response.output_item.done", output_index: index, item };
  }
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  yield { type: "response.completed", response: { id, status: "completed", output, usage } };
}

/** Compresses a stream like a gateway: each event can be read when it arrives. */
async function* compressed(events: Iterable<unknown>): AsyncGenerator<Buffer> {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  for (const event of events) {
    await new Promise<void>((resolve) => gzip.write(`data: ${JSON.stringify(event)}\n\n`, () => resolve()));
    const piece = gzip.read() as Buffer | null;
    if (piece) yield piece;
  }
  gzip.end();
  for await (const rest of gzip) yield rest as Buffer;
}
