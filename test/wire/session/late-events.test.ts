import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { ResponseStream } from "../../../src/api/responses/stream.ts";
import type { SessionLane } from "../../../src/api/session/lanes/lane.ts";
import type { SkippedEvent, StreamDeviation } from "../../../src/client/observe/telemetry.ts";
import { serveWebSocket } from "../websocket/plain-server.ts";
import { connect } from "../websocket/responses-support.ts";
import { openSession, user, wire } from "./support.ts";

type Event = Readonly<Record<string, unknown>>;

/** Everything that a response of one message brings, with ids. */
function answer(name: string, words: readonly string[]): Event[] {
  const id = `resp_${name}`;
  const place = { item_id: `msg_${name}`, output_index: 0, content_index: 0 };
  const text = words.join("");
  return [
    { type: "response.created", response: { id } },
    { type: "response.in_progress", response: { id } },
    { type: "response.output_item.added", output_index: 0, item: wire.message("", place.item_id) },
    { type: "response.content_part.added", ...place, part: { type: "output_text", text: "" } },
    ...words.map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
    { type: "response.output_text.done", ...place, text },
    { type: "response.output_item.done", output_index: 0, item: wire.message(text, place.item_id) },
    { type: "response.completed", response: { id, output: [wire.message(text, place.item_id)] } },
  ];
}

function numbered(events: readonly Event[], first = 0): Event[] {
  return events.map((event, nth) => ({ ...event, sequence_number: first + nth }));
}

function without(events: readonly Event[], ...names: readonly string[]): Event[] {
  return events.map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name))));
}

/** What a server sends of the first response after its end, during the second one. */
const LATE: readonly Event[] = [
  ...answer("a", ["stale"]).filter(({ type }) => type !== "response.created" && type !== "response.output_item.added"),
  { type: "response.output_text.delta", response_id: "resp_a", delta: "stale" },
];

interface Asked {
  ask(word: string): Promise<ResponseStream>;
  readonly skipped: SkippedEvent[];
  readonly deviations: StreamDeviation[];
}

/** Opens a conversation whose nth request is answered with the nth list. */
type Open = (...answers: readonly (readonly Event[])[]) => Promise<Asked>;

async function server(answers: readonly (readonly Event[])[]) {
  const { url } = await serveWebSocket(({ stream_id }, tell) => {
    const [events = []] = left.splice(0, 1);
    for (const event of events) tell(stream_id === undefined ? event : { ...event, stream_id });
  });
  const left = [...answers];
  const skipped: SkippedEvent[] = [];
  const deviations: StreamDeviation[] = [];
  const telemetry = {
    onSkippedEvent: ({ type, reason }: SkippedEvent) => void skipped.push({ type, reason }),
    onStreamDeviation: ({ type, what }: StreamDeviation) => void deviations.push({ type, what }),
  };
  return { url, skipped, deviations, telemetry };
}

function inSession(name?: string): Open {
  return async (...answers) => {
    const { url, telemetry, ...told } = await server(answers);
    const { session } = openSession(url, { carrier: "websocket", telemetry });
    const speaker = name === undefined ? session : session.lane(name);
    return { ...told, ask: (word) => speaker.stream({ model: "m", input: [user(word)] }) };
  };
}

function onConnection(streamId?: string): Open {
  return async (...answers) => {
    const { url, telemetry, ...told } = await server(answers);
    const connection = await connect(url, { client: { telemetry } });
    return { ...told, ask: (word) => connection.stream({ model: "m", input: [user(word)] }, { streamId }) };
  };
}

const PLACES: readonly (readonly [string, Open])[] = [
  ["a session", inSession()],
  ["a lane", inSession("a")],
  ["a connection", onConnection()],
  ["a named lane of a connection", onConnection("x")],
];

async function twoAnswers({ ask }: Asked) {
  const first = await (await ask("one")).collect();
  const second = await (await ask("two")).collect();
  return [first, second].map(({ text, responseId, items }) => ({ text, responseId, items: items.length }));
}

const EXPECTED = [
  { text: "one ", responseId: "resp_a", items: 1 },
  { text: "two three", responseId: "resp_b", items: 1 },
];

describe.each(PLACES)(
  "on %s, events of a response that come after its end (parity: websocket/late-events)",
  (_where, open) => {
    const first = answer("a", ["one "]);
    const second = answer("b", ["two ", "three"]);

    it.each([0, 1, 3, 5, 6])("are skipped and reported, %i events into the next response", async (at) => {
      const mixed = [...numbered(second.slice(0, at)), ...LATE, ...numbered(second.slice(at), at)];
      const asked = await open(numbered(first), mixed);
      expect(await twoAnswers(asked)).toEqual(EXPECTED);
      const late = asked.skipped.filter(({ reason }) => reason === "earlier response");
      expect(late.map(({ type }) => type).sort()).toEqual(LATE.map(({ type }) => type).sort());
      expect(asked.deviations).toEqual([]);
    });

    it("are known by their numbers, if they have no ids", async () => {
      const bare = (events: readonly Event[]) => without(events, "item_id", "item");
      const late = numbered(
        [
          { type: "response.output_text.delta", delta: "stale" },
          { type: "response.output_text.delta", delta: "!" },
        ],
        first.length,
      );
      const deltas = numbered(bare(second)).filter(({ type }) => type !== "response.output_item.added");
      const mixed = [
        ...deltas.slice(0, 4),
        ...late.slice(0, 1),
        ...deltas.slice(4, 5),
        ...late.slice(1),
        ...deltas.slice(5),
      ];
      const asked = await open(numbered(first), mixed);
      expect((await twoAnswers(asked))[1]?.text).toBe("two three");
      expect(asked.skipped.filter(({ reason }) => reason === "earlier response")).toHaveLength(2);
    });

    it.each([
      ["gives all responses the same ids", [first, answer("a", ["two ", "three"])], "resp_a"],
      ["gives all the same ids, and announces one", [first, answer("a", ["two ", "three"]).slice(2)], "resp_a"],
      ["gives no ids", [first, second].map((events) => without(events, "item_id", "item", "response")), undefined],
      ["numbers on over all responses", [numbered(first), numbered(second, first.length)], "resp_b"],
      [
        "numbers on, and begins no response",
        [numbered(first).slice(1), numbered(second, first.length).slice(1)],
        "resp_b",
      ],
      ["leaves out numbers", [numbered(first), numbered(second, 7).slice(2)], "resp_b"],
      [
        "leaves out numbers up to the one that the response before would have had next",
        [numbered(first), [...numbered(second.slice(0, 4)), ...numbered(second.slice(4), first.length)]],
        "resp_b",
      ],
    ])("are not seen in what a server sends that %s", async (_what, answers, responseId) => {
      const asked = await open(...answers);
      const [, answered] = await twoAnswers(asked);
      expect(answered).toMatchObject({ text: "two three" });
      expect(answered?.responseId).toBe(responseId);
      expect(asked.skipped.filter(({ reason }) => reason === "earlier response")).toEqual([]);
    });
  },
);

it("the end of an earlier response, sent again while the next one is steered, is not taken for the next one's", async () => {
  const requests = [answer("a", ["one"]), answer("b", ["two"]).slice(0, 5)];
  let steers = 0;
  const { url } = await serveWebSocket(({ type }, tell) => {
    if (type !== "response.steer") {
      for (const event of requests.shift() ?? []) tell(event);
      return;
    }
    steers += 1;
    tell({ type: "response.steer.accepted", steer: { id: `steer_${steers}` } });
    if (steers === 1) for (const event of [...answer("a", ["one"]).slice(-1), wire.delta("more")]) tell(event);
    else {
      tell({ type: "response.incomplete", response: { id: "resp_b", incomplete_details: { reason: "steered" } } });
      for (const event of answer("c", ["three"])) tell(event);
    }
  });
  const { session } = openSession(url, { carrier: "websocket" });
  await (await session.stream({ model: "m", input: [user("one")] })).collect();
  const stream = await session.stream({ model: "m", input: [user("two")] });
  for await (const event of stream) if (event.type === "output_text.delta" && steers < 2) await stream.steer("other");
  expect(await stream.collect()).toMatchObject({ text: "three", responseId: "resp_c" });
});

it("an earlier response that is in progress is not taken for the beginning of a fork: its source waits", async () => {
  const order: string[] = [];
  const { url } = await serveWebSocket(async ({ input, stream_id }, tell, socket) => {
    const own = (event: object) => tell({ ...event, stream_id });
    const word = JSON.stringify(input).match(/"text":"(\w+)"}]}]$/)?.[1] ?? "";
    order.push(word);
    const events = answer(word, [word]);
    if (word === "fork") {
      own({ type: "response.in_progress", response: { id: "resp_other" } });
      for (let count = 0; count < 2; count += 1) {
        socket.ping();
        await once(socket, "pong");
      }
      order.push("fork begins");
    }
    for (const event of events) own(event);
  });
  const { session } = openSession(url, { carrier: "websocket" });
  const [source, other] = [session.lane("source"), session.lane("other")];
  const ask = async (lane: SessionLane, ...words: string[]) =>
    (await lane.stream({ model: "m", input: words.map(user) })).collect();
  const { items } = await ask(source, "first");
  await ask(other, "other");
  await other.close();
  const history = [user("first"), ...items];
  const fork = source.fork();
  const branch = await fork.stream({ model: "m", input: [...history, user("fork")] });
  const next = source.stream({ model: "m", input: [...history, user("next")] });
  await Promise.all([branch.collect(), (await next).collect()]);
  expect(order).toEqual(["first", "other", "fork", "fork begins", "next"]);
});
