// What a request says on the wire, beside what JSON.stringify makes of what the caller set.
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { CodexApi } from "../../src/api/codex-api.ts";
import type { ResponsesRequest } from "../../src/api/wire/requests.ts";
import { clientOptions } from "../support/clients.ts";
import { serve } from "../support/serve.ts";
import { serveWebSocket } from "../wire/websocket/plain-server.ts";

type Json = Readonly<Record<string, unknown>>;
/** Sends a request; what the server knows of it then, with the whole conversation as its `input`. */
type Send = (request: ResponsesRequest) => Promise<Json>;

const END = { type: "response.completed", response: { id: "resp_1" } };

const CARRIERS: readonly (readonly [string, () => Promise<Send>])[] = [
  [
    "over HTTP",
    async () => {
      const server = await serve((_request, response) => {
        response.setHeader("content-type", "text/event-stream").end(`data: ${JSON.stringify(END)}\n\n`);
      });
      const api = apiFor(server.url);
      return async (request) => {
        await (await api.responses.stream(request)).collect();
        return JSON.parse(String(server.requests.at(-1)?.body)) as Json;
      };
    },
  ],
  [
    "over a WebSocket",
    async () => {
      const server = await serveWebSocket((_frame, tell) => tell(END));
      const connection = await apiFor(server.url).websocket();
      return async (request) => {
        await (await connection.stream(request)).collect();
        return server.frames.at(-1) ?? {};
      };
    },
  ],
  [
    "in a session",
    async () => {
      let known: readonly unknown[] = [];
      const server = await serveWebSocket((frame, tell) => {
        known = [...(frame.previous_response_id === undefined ? [] : known), ...(frame.input as readonly unknown[])];
        tell(END);
      });
      const session = apiFor(server.url).session({ carrier: "websocket" });
      return async (request) => {
        await (await session.stream(request)).collect();
        return { ...server.frames.at(-1), input: known };
      };
    },
  ],
];

function apiFor(url: string): CodexApi {
  const api = new CodexApi(clientOptions(url));
  onTestFinished(() => api.close());
  return api;
}

/** Kinds whose `status` only the service sets. `docs/parity.md`: `items/further-fields`. */
const STATUS_OF_SERVICE = ["message", "reasoning", "function_call", "function_call_output", "custom_tool_call_output"];
/** Kinds that the Rust client writes. All others go out unchanged. */
const KNOWN = [
  ...STATUS_OF_SERVICE,
  "local_shell_call",
  "tool_search_call",
  "custom_tool_call",
  "tool_search_output",
  "web_search_call",
  "image_generation_call",
  "compaction",
  "compaction_summary",
];
const LISTS_OF_ANSWERS = ["annotations", "logprobs", "sources"];
const PARTS = ["content", "summary", "output", "action"];

/** An item without what makes no difference to the service: the empty values that the Rust client adds or leaves out. */
function said(item: Json): Json {
  const type = String(item.type);
  if (!KNOWN.includes(type)) return item;
  const isLeftOut = ([name, value]: [string, unknown]): boolean =>
    name === "created_by" ||
    (name === "id" && type !== "image_generation_call") ||
    (name === "status" && STATUS_OF_SERVICE.includes(type)) ||
    (name === "content" && type === "reasoning" && Array.isArray(value) && value.every(isPlainText));
  const fields = Object.entries(saying(item) as Json).filter((field) => !isLeftOut(field));
  return {
    ...Object.fromEntries(
      fields.map(([name, value]) => {
        if (!PARTS.includes(name)) return [name, value];
        return [name, Array.isArray(value) ? value.map(saying) : saying(value)];
      }),
    ),
    type: type === "compaction_summary" ? "compaction" : type,
  };
}

function saying(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(
      ([name, field]) =>
        field !== null && !(LISTS_OF_ANSWERS.includes(name) && Array.isArray(field) && field.length === 0),
    ),
  );
}

/** A message in short form, as the message that it stands for. */
function whole(item: Json): Json {
  const { type, role, content } = item;
  if (typeof role !== "string" || content === undefined) return item;
  if (type !== undefined && (type !== "message" || typeof content !== "string")) return item;
  const text = { type: role === "assistant" ? "output_text" : "input_text", text: content };
  return { ...item, type: "message", content: typeof content === "string" ? [text] : content };
}

const isPlainText = (entry: unknown): boolean => (entry as { readonly type?: unknown } | null)?.type === "text";

/** Items that are not sent: local notes, and reasoning in which nothing is left. */
function isSent(item: Json): boolean {
  if (item.type === "ghost_snapshot") return false;
  if (item.type !== "reasoning") return true;
  const { type: _type, summary, encrypted_content, ...further } = said(item);
  return !(Array.isArray(summary) && summary.length === 0 && !encrypted_content && Object.keys(further).length === 0);
}

const word = fc.string({
  unit: fc.constantFrom("a", "é", "🙂", "\ud800", "\udc00", '"', "\\", "\n", "\0", "\u2028", "/", "<", "}"),
  maxLength: 8,
});
const name = fc.oneof(
  word,
  fc.constantFrom("__proto__", "constructor", "toString", "status", "id", "created_by", "annotations", "0", "type"),
);
const { plain } = fc.letrec<{ readonly plain: unknown }>((tie) => ({
  plain: fc.oneof(
    { depthSize: "small" },
    fc.oneof(word, fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie("plain"), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie("plain")), { maxLength: 3 }).map((fields) => Object.fromEntries(fields)),
  ),
}));

/** Values that JSON has in another form, or not at all. */
const odd = fc.oneof(
  plain.map((value) => ({ toJSON: () => value })),
  plain.map((value) => new WithJson(value)),
  plain.map((value) => Object.freeze({ value })),
  plain.map((value) => Object.create({ inherited: value }, { own: { value, enumerable: true } }) as object),
  plain.map((value) => Object.defineProperty({}, "text", { get: () => value, enumerable: true })),
  plain.map((value) => Object.assign(Object.create(null) as object, { type: "input_text", text: value })),
  fc.constantFrom<unknown>(undefined, () => 1, Symbol("s"), Number.NaN, -0, Infinity, new Date(0), new Map([[1, 2]])),
  fc.constantFrom<unknown>(
    /x/,
    new Uint8Array(2),
    Object("text"),
    Object(1),
    [undefined, undefined, 1],
    new Error("e"),
  ),
);

class WithJson {
  readonly #value: unknown;
  constructor(value: unknown) {
    this.#value = value;
  }
  toJSON(): unknown {
    return this.#value;
  }
}

const value = fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: odd });
const further = fc
  .array(fc.tuple(name, value), { maxLength: 3 })
  .map((fields) => Object.fromEntries(fields.filter(([field]) => field !== "type")));

/** A field that fits, or any value. */
const nearly = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.record(
        Object.fromEntries(
          Object.entries(fields).map(([field, fitting]) => [field, fc.oneof({ weight: 8, arbitrary: fitting }, value)]),
        ),
        { requiredKeys: [] },
      ),
      further,
    )
    .map(([known, more]) => ({ ...known, ...more }));

const partType = fc.constantFrom("input_text", "input_image", "output_text", "summary_text", "reasoning_text", "text");
const part = fc
  .tuple(fc.oneof(partType, word), nearly({ text: word, image_url: word, detail: word, annotations: fc.constant([]) }))
  .map(([type, fields]) => ({ ...fields, type }));
const parts = fc.array(fc.oneof({ weight: 8, arbitrary: part }, value), { maxLength: 3 });
const action = fc
  .tuple(
    fc.constantFrom("exec", "search", "open_page", "find_in_page", "x"),
    nearly({
      command: fc.array(word),
      timeout_ms: fc.integer(),
      env: fc.dictionary(word, word),
      query: word,
      queries: fc.array(word),
      url: word,
      sources: fc.constant([]),
    }),
  )
  .map(([type, fields]) => ({ ...fields, type }));
const fields = nearly({
  id: word,
  role: fc.constantFrom("user", "assistant"),
  content: parts,
  phase: word,
  end_turn: fc.boolean(),
  status: word,
  summary: parts,
  encrypted_content: word,
  call_id: word,
  name: word,
  namespace: word,
  arguments: word,
  input: word,
  output: fc.oneof(word, parts),
  action,
  execution: word,
  tools: fc.array(plain, { maxLength: 2 }),
  result: word,
  revised_prompt: word,
});
/** Objects of other makes with the same fields. */
const made = (from: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(from, fc.constantFrom("plain", "frozen", "getters", "class", "bare")).map(([fieldsOf, make]) => {
    switch (make) {
      case "frozen":
        return Object.freeze(fieldsOf);
      case "getters":
        return Object.defineProperties(
          {},
          Object.fromEntries(Object.entries(fieldsOf).map(([at, each]) => [at, { get: () => each, enumerable: true }])),
        ) as Json;
      case "class":
        return Object.create({ inherited: "x" }, Object.getOwnPropertyDescriptors(fieldsOf)) as Json;
      case "bare":
        return Object.create(null, Object.getOwnPropertyDescriptors(fieldsOf)) as Json;
      default:
        return fieldsOf;
    }
  });

const type = fc.constantFrom(...KNOWN, "ghost_snapshot", "mcp_call", "item_reference", "brand_new");
const short = fc.record({ role: fc.constantFrom("user", "assistant"), content: fc.oneof(word, parts) });
const item: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(type, fields).map(([kind, more]): Json => ({ ...more, type: kind })) },
  { weight: 1, arbitrary: fc.tuple(further, short).map(([more, message]): Json => ({ ...more, ...message })) },
);
/** Few items, or so many that a body is long. */
const items = fc
  .tuple(fc.array(made(item), { maxLength: 4 }), fc.constantFrom(1, 1, 1, 12), fc.constantFrom(0, 0, 0, 40_000))
  .map(([some, times, characters]): readonly Json[] => [
    ...(characters > 0 ? [{ type: "function_call_output", call_id: "c", output: "é\ud800".repeat(characters) }] : []),
    ...Array.from({ length: times }, () => some).flat(),
  ]);

const requestFields = fc.record(
  {
    instructions: word,
    tools: fc.array(made(further), { maxLength: 2 }),
    tool_choice: value,
    reasoning: further,
    include: fc.array(word, { maxLength: 2 }),
    metadata: made(further),
    text: further,
    temperature: fc.double(),
    user: word,
    extra: further.map((more) => Object.fromEntries(Object.entries(more).map(([at, each]) => [`x_${at}`, each]))),
  },
  { requiredKeys: [] },
);

/** Fields that are sent in any case, or that the carrier adds. */
const OWN = ["type", "input", "extra", "prompt_cache_key"];

/** As text: `toStrictEqual` looks at the constructors of objects, which may be fields here. */
function sorted(value: unknown): string {
  const byName = ([left]: [string, unknown], [right]: [string, unknown]): number => (left < right ? -1 : 1);
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(byName))
      : each,
  );
}

function expectSent(request: Json, arrived: Json): void {
  const { input, extra, ...set } = JSON.parse(JSON.stringify(request)) as Json & { readonly input: readonly Json[] };
  const sent = arrived.input as readonly Json[];
  expect(sorted(sent.map(whole).map(said))).toBe(sorted(input.map(whole).filter(isSent).map(said)));
  for (const [field, whole] of Object.entries({ ...set, ...(extra as Json | undefined) })) {
    if (whole !== null && !OWN.includes(field)) expect(sorted([field, arrived[field]])).toBe(sorted([field, whole]));
  }
}

describe.each(CARRIERS)("a request %s", (_carrier, begin) => {
  it("is what JSON.stringify makes of what the caller set, but for empty values", async () => {
    const send = await begin();
    await fc.assert(
      fc.asyncProperty(items, requestFields, async (input, more) => {
        const request = { ...more, model: "m", input };
        const before = JSON.stringify(request);
        expectSent(request, await send(request as unknown as ResponsesRequest));
        expect(JSON.stringify(request)).toBe(before);
      }),
      { numRuns: 100 },
    );
  });

  it("is the conversation that the caller gives, however it has gone on from the last one", async () => {
    const send = await begin();
    const step = fc.record({ keep: fc.double({ min: 0, max: 1, noNaN: true }), change: fc.nat(5), more: items });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        let input: Json[] = [];
        for (const { keep, change, more } of steps) {
          if (keep < 0.3) input = input.slice(0, Math.floor(input.length * keep));
          const changed = input[change];
          if (changed && keep < 0.6 && !Object.isFrozen(changed)) {
            // As callers do who shorten old outputs: in place.
            Object.defineProperty(changed, "output", {
              value: `shortened ${keep}`,
              enumerable: true,
              configurable: true,
            });
          }
          input.push(...more);
          expectSent({ model: "m", input }, await send({ model: "m", input } as unknown as ResponsesRequest));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is a build error if a value of the caller cannot be read, and the next request is sent", async () => {
    const send = await begin();
    const fail = (): never => {
      throw new Error("not now");
    };
    const hello = { role: "user", content: "Hello." };
    const unreadable: readonly object[] = [
      Object.defineProperty({ type: "message", role: "user", content: [] }, "further", { get: fail, enumerable: true }),
      Object.defineProperty({ type: "message", role: "user" }, "content", { get: fail, enumerable: true }),
      Object.defineProperty({}, "type", { get: fail, enumerable: true }),
      new Proxy({ type: "message", ...hello }, { ownKeys: fail }),
      revoked(),
      { type: "message", role: "user", content: [revoked()] },
      { type: "brand_new", field: revoked() },
      { type: "brand_new", toJSON: fail },
    ];
    for (const value of unreadable) {
      for (const input of [[value], [hello, value]]) {
        const sent = send({ model: "m", input } as unknown as ResponsesRequest);
        await expect(sent).rejects.toMatchObject({ kind: "build", message: expect.stringMatching(/as JSON: \S/) });
      }
      expectSent(
        { model: "m", input: [hello] },
        await send({ model: "m", input: [hello] } as unknown as ResponsesRequest),
      );
    }
  });
});

/** As a draft of immer is after its end. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({ type: "message" }, {});
  revoke();
  return proxy;
}
