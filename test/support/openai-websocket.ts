import { expect } from "vitest";

/** The parts of `openai` and its WebSocket helper that these tests use, in any version. */
export interface OpenAiWebSocket {
  readonly OpenAI: new (options: { apiKey: string; baseURL: string; maxRetries: number }) => unknown;
  readonly ResponsesWS: new (
    client: unknown,
  ) => {
    send(event: object): void;
    close(): void;
    stream(): AsyncIterable<{ readonly type: string; readonly message?: ServerEvent; readonly error?: SdkError }>;
  };
}

interface ServerEvent {
  readonly type: string;
  readonly stream_id?: string;
  readonly delta?: string;
  readonly steer?: { readonly id: string };
  readonly response?: {
    readonly id: string;
    readonly incomplete_details?: { readonly reason: string } | null;
  };
}

/** The SDK's error around the event, as the service sent it. */
interface SdkError {
  readonly error?: { readonly error?: { readonly code?: string; readonly param?: string } };
}

type Lane = string | undefined;

const ENDS = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** The SDK's helper on one connection: what arrived on each lane, and the refusals. */
class HelperConnection {
  readonly refusals: SdkError[] = [];
  readonly #socket: InstanceType<OpenAiWebSocket["ResponsesWS"]>;
  readonly #events: ServerEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor({ OpenAI, ResponsesWS }: OpenAiWebSocket, baseURL: string) {
    this.#socket = new ResponsesWS(new OpenAI({ apiKey: "k", baseURL, maxRetries: 0 }));
    void this.#read();
  }

  ask(lane: Lane, text: string, more: object = {}): void {
    const input = [{ type: "message", role: "user", content: [{ type: "input_text", text }] }];
    const name = lane === undefined ? {} : { stream_id: lane };
    this.#socket.send({ type: "response.create", model: "m", store: false, input, ...name, ...more });
  }

  send(event: object): void {
    this.#socket.send(event);
  }

  on(lane: Lane): ServerEvent[] {
    return this.#events.filter(({ stream_id }) => stream_id === lane);
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Resolves with the number-th response of a lane, from 1, when it has ended. */
  async answer(
    lane: Lane,
    number = 1,
  ): Promise<{ readonly id: string; readonly text: string; readonly reason?: string }> {
    const ends = () => this.on(lane).filter(({ type }) => ENDS.has(type));
    await this.until(() => ends().length >= number);
    const events = this.on(lane);
    const end = ends()[number - 1] as ServerEvent;
    const begin = number === 1 ? 0 : events.indexOf(ends()[number - 2] as ServerEvent) + 1;
    const own = events.slice(begin, events.indexOf(end) + 1);
    const reason = end.response?.incomplete_details?.reason;
    const text = own.map(({ type, delta }) => (type === "response.output_text.delta" ? delta : "")).join("");
    return { id: end.response?.id ?? "", text, ...(reason === undefined ? {} : { reason }) };
  }

  close(): void {
    this.#socket.close();
  }

  async #read(): Promise<void> {
    for await (const { type, message, error } of this.#socket.stream()) {
      if (type === "message" && message && message.type !== "error") this.#events.push(message);
      else if (error) this.refusals.push(error);
      else continue;
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    }
  }
}

/** Uses lanes, incremental requests, a fork, a correction and both refusals of a name through the SDK's helper. */
export async function exerciseLanes(sdk: OpenAiWebSocket, url: string): Promise<void> {
  const connection = new HelperConnection(sdk, url);
  try {
    for (const lane of [undefined, "a", "b"]) connection.ask(lane, `repeat: this is ${lane ?? "default"}`);
    const texts = await Promise.all([undefined, "a", "b"].map(async (lane) => (await connection.answer(lane)).text));
    expect(texts).toEqual(["this is default", "this is a", "this is b"]);

    const first = await connection.answer("a");
    connection.ask("fork", "what did I say?", { previous_response_id: first.id });
    await connection.until(() => connection.on("fork").some(({ type }) => type === "response.in_progress"));
    connection.ask("a", "what did I say?", { previous_response_id: first.id });
    for (const answer of [await connection.answer("fork"), await connection.answer("a", 2)])
      expect(answer.text).toContain("this is a");

    connection.ask("steered", "count to 500");
    const begun = () => connection.on("steered").find(({ type }) => type === "response.created")?.response;
    await connection.until(() => connection.on("steered").some(({ delta }) => delta !== undefined));
    const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "17*23" }] }];
    connection.send({ type: "response.steer", previous_response_id: begun()?.id, input });
    expect(await connection.answer("steered")).toMatchObject({ id: begun()?.id, reason: "steered" });
    expect((await connection.answer("steered", 2)).text).toContain("391");
    const types = connection.on("steered").map(({ type }) => type);
    expect(types.indexOf("response.steer.accepted")).toBeLessThan(types.indexOf("response.incomplete"));

    connection.ask("no name", "x");
    await connection.until(() => connection.refusals.length === 1);
    for (let number = 0; number < 29; number += 1) connection.ask(`more-${number}`, "x");
    await connection.until(() => connection.refusals.length === 2);
    expect(connection.refusals.map(({ error }) => [error?.error?.code, error?.error?.param])).toEqual([
      ["invalid_stream_id", "stream_id"],
      ["websocket_stream_limit_reached", "stream_id"],
    ]);
  } finally {
    connection.close();
  }
}
