import { constants, createGzip } from "node:zlib";
import { type Emulator, type RecordedRequest, type Step, startEmulator } from "../../../src/emulator/index.ts";
import { digestOf, type Item, lastWord } from "./history.ts";

/** Begins the words of a user who wants a tool called first. */
export const TOOL_WISH = "use a tool:";
/** Begins the words of a user whose answer shall come compressed, where the carrier is HTTP. */
export const GZIP_WISH = "compressed";
/** The header that tells callers apart. */
export const CALLER = "x-caller";

/** Of responses in the background: slow enough to be left and broken. */
const PACE = { delayMsPerWord: 1 } as const;

export interface ServerSettings {
  readonly tls: boolean;
  /** Whether frames of a WebSocket are compressed. */
  readonly deflate: boolean;
  /** Whether responses in the background can only be asked for once their stream broke. */
  readonly pollsOnly: boolean;
}

/**
 * The emulator with a memory of its own: it puts each conversation together from what its requests bring, `previous_response_id` included, and
 * answers with the digest of what it then has. A caller who knows what was meant sees at once what the service was told instead.
 */
export class RememberingServer {
  readonly emulator: Emulator;
  /** Requests for an answer, by the user's last word. */
  readonly asked = new Map<string, number>();
  /** By connection and response: a WebSocket remembers what it answered itself. */
  readonly #memory = new Map<string, readonly Item[]>();
  /** Who has responses in the background here: emulators give the same ids, so that one would answer with a response of the other's. */
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
    // Damaged on the way, or a message of a realtime conversation: the emulator says what is wrong with it.
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
    // Only the emulator itself can go on with a response when its connection has gone.
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

/** A call, where one is wished for and was not made yet; else two messages, each with the digest of what stood before it. */
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

/** Of a message behind `before`. */
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

/** As a gateway compresses a stream: each event can be read when it has come. */
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
