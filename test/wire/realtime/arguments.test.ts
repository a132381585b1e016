import { expect, it } from "vitest";
import { ClientSecretsClient } from "../../../src/api/realtime/client-secrets.ts";
import {
  RealtimeConversation,
  type RealtimeConversationOptions,
} from "../../../src/api/realtime/conversation/conversation.ts";
import { RealtimeHistory } from "../../../src/api/realtime/conversation/history.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { failureOf } from "../proxy/support.ts";
import { connect, realtimeClient } from "./support.ts";

/** As code without types calls it. */
type Untyped = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

it.each<[string, readonly unknown[], string]>([
  ["append", [{}], "the data of a frame must be a text, and is a value of type undefined"],
  ["append", ["AAAA", { signal: new AbortController() }], "signal must be an AbortSignal"],
  ["commit", [{ eventId: 7 }], "eventId must be a text, and is 7"],
  ["cancel", [7], "responseId must be a text, and is 7"],
  ["truncate", [undefined, 5], "itemId must be a text"],
  ["truncate", ["item_1", Number.NaN], "audioEndMs must be a whole number, 0 or more, and is NaN"],
  ["truncate", ["item_1", 5, { contentIndex: "0" }], "contentIndex must be a whole number, 0 or more"],
  ["createItem", [{ content: [] }], "the type of an item must be a text"],
  ["createItem", [{ type: "message" }, { previousItemId: 7 }], "previousItemId must be a text, and is 7"],
  ["createResponse", [{ extra: null }], "extra must be an object of further fields, and is null"],
  ["createResponse", [{ tools: "codex" }], 'tools must be a list of tools, and is "codex"'],
  ["retrieveItem", [], "itemId must be a text"],
  ["deleteItem", [{}], "itemId must be a text"],
  ["sendConversationItem", [["hi"]], "the text of a message must be a text, and is a list"],
  ["sendConversationItem", ["hi", { role: 7 }], "role must be a text, and is 7"],
  ["sendHandoffOutput", [undefined, "done"], "handoffId must be a text"],
  ["sendHandoffOutput", ["call_1", { result: 7 }], "the output of a handoff must be a text"],
  ["sendSessionUpdate", [{ session: null }], 'session must be an object or "keep", and is null'],
  ["sendSessionUpdate", [{ instruction: "x" }], "did you mean instructions?"],
  ["sendPayload", [], "the payload must be a text or an object"],
  ["nextEvent", [null], "the options of nextEvent() must be an object, and is null"],
  ["nextEvent", [{ signal: 7 }], "signal must be an AbortSignal"],
])("%s(%j) of a connection sends nothing, and says: %s", async (method, args, message) => {
  const emulator = await emulate();
  const connection = await connect(emulator.url);
  const failure = await failureOf((connection as unknown as Untyped)[method]!(...args));
  expect(failure).toMatchObject({ kind: "build", message: expect.stringContaining(message) });
  await connection.sendPayload({ type: "last" });
  await expect.poll(() => emulator.requests.at(-1)?.json).toEqual({ type: "last" });
  expect(emulator.requests).toHaveLength(3); // the handshake, session.update and the last
});

it.each<[string, readonly unknown[], string]>([
  ["say", [7], "the message of say() must be a text or a list of parts, and is 7"],
  ["answerCall", [undefined, "x"], "callId must be a text"],
  ["answerCall", ["call_1", { ok: true }], "the output of a call must be a text"],
  ["sendAgentMessage", ["call_1", null], "the message of an agent must be a text, and is null"],
  ["sendAgentMessage", [7, "x"], "handoffId must be a text, and is 7"],
  ["endHandoff", [], "handoffId must be a text"],
])("%s(%j) of a conversation says: %s", async (method, args, message) => {
  const { url } = await emulate();
  const conversation = new RealtimeConversation(await connect(url)) as unknown as Untyped;
  const failure = await failureOf(conversation[method]!(...args));
  expect(failure).toMatchObject({ kind: "build", message: expect.stringContaining(message) });
});

/** Each message with a misspelt option, and the option that was meant. */
const MISSPELT: readonly (readonly [string, readonly unknown[], string])[] = [
  ["append", ["AAAA", { sgnal: 1 }], "signal"],
  ["commit", [{ eventid: 1 }], "eventId"],
  ["clear", [{ eventid: 1 }], "eventId"],
  ["clearOutput", [{ eventid: 1 }], "eventId"],
  ["createResponse", [{}, { eventid: 1 }], "eventId"],
  ["cancel", ["resp_1", { eventid: 1 }], "eventId"],
  ["truncate", ["item_1", 5, { contentindex: 1 }], "contentIndex"],
  ["createItem", [{ type: "message" }, { previousItem: 1 }], "previousItemId"],
  ["retrieveItem", ["item_1", { eventid: 1 }], "eventId"],
  ["deleteItem", ["item_1", { eventid: 1 }], "eventId"],
  ["sendConversationItem", ["hi", { rol: 1 }], "role"],
  ["sendHandoffOutput", ["call_1", "done", { eventid: 1 }], "eventId"],
  ["sendSessionUpdate", [{}, { eventid: 1 }], "eventId"],
  ["sendPayload", ["{}", { sgnal: 1 }], "signal"],
  ["nextEvent", [{ sgnal: 1 }], "signal"],
];
it.each(MISSPELT)("%s(%j) of a connection asks whether %s was meant", async (method, args, meant) => {
  const emulator = await emulate();
  const connection = (await connect(emulator.url)) as unknown as Untyped;
  const failure = await failureOf(connection[method]!(...args));
  expect(failure).toMatchObject({ kind: "build", message: expect.stringContaining(`did you mean ${meant}?`) });
});

it.each<[string, readonly unknown[], string]>([
  ["say", ["hi", { rol: 1 }], "role"],
  ["say", [[], { rol: 1 }], "role"],
  ["append", ["AAAA", { eventid: 1 }], "eventId"],
  ["commit", [{ eventid: 1 }], "eventId"],
  ["answerCall", ["call_1", "done", { eventid: 1 }], "eventId"],
  ["sendAgentMessage", ["call_1", "done", { eventid: 1 }], "eventId"],
  ["endHandoff", ["call_1", { eventid: 1 }], "eventId"],
])("%s(%j) of a conversation refuses what it does not know, and names %s", async (method, args, named) => {
  const { url } = await emulate();
  const conversation = new RealtimeConversation(await connect(url)) as unknown as Untyped;
  const failure = await failureOf(conversation[method]!(...args));
  expect(failure).toMatchObject({ kind: "build", message: expect.stringMatching(/^unknown option/) });
  expect(failure.message).toContain(named);
});

it("say() in parts gives the role to the item, and no option besides", async () => {
  const emulator = await emulate();
  const conversation = new RealtimeConversation(await connect(emulator.url));
  await conversation.say([{ type: "input_text", text: "hi" }], { role: "developer", eventId: "evt_1" });
  await expect
    .poll(() => emulator.requests.map(({ json }) => json))
    .toContainEqual({
      event_id: "evt_1",
      type: "conversation.item.create",
      item: { type: "message", role: "developer", content: [{ type: "input_text", text: "hi" }] },
    });
});

it.each<[object, string]>([
  [{ playedMs: 5 }, "playedMs must be a function, and is 5"],
  [{ tools: "codex" }, 'tools must be a list of tools, and is "codex"'],
  [{ logger: true }, "logger must be an object with debug, info, warn and error, and is true"],
])("a conversation with the options %j says: %s", async (options, message) => {
  const connection = await connect((await emulate()).url);
  const construct = () => new RealtimeConversation(connection, options as RealtimeConversationOptions);
  expect(construct).toThrow(expect.objectContaining({ kind: "build", message }));
});

it.each<[object, string]>([
  [{ session: null }, 'session must be an object or "keep", and is null'],
  [{ session: "kept" }, 'session must be an object or "keep", and is "kept"'],
  [{ session: { extra: 7 } }, "extra must be an object of further fields, and is 7"],
  [{ tools: {} }, "tools must be a list of tools, and is a value of type object"],
  [{ instructions: 7 }, "instructions must be a text, and is 7"],
  [{ callId: null }, "callId must be a text, and is null"],
])("a session with the settings %j says: %s", async (config, message) => {
  const { url } = await emulate();
  expect(await failureOf(realtimeClient(url).connect(config))).toMatchObject({ kind: "build", message });
});

it.each<[object, string]>([
  [{ expiresAfterMs: Number.NaN }, "expiresAfterMs must be a whole number, 0 or more, and is NaN"],
  [{ session: null }, "session must be an object, and is null"],
  [{ session: { extra: null } }, "extra must be an object of further fields, and is null"],
])("a client secret for %j says: %s", async (request, message) => {
  const client = new ClientSecretsClient(clientOptions((await emulate()).url));
  expect(await failureOf(client.create(request))).toMatchObject({ kind: "build", message });
});

it("a conversation and a history say what a connection is", async () => {
  const none = {} as never;
  const failure = (text: string) => expect.objectContaining({ kind: "build", message: expect.stringContaining(text) });
  expect(() => new RealtimeConversation(none)).toThrow(failure("nextEvent of the connection"));
  expect(() => new RealtimeHistory().observe(null as never)).toThrow(failure("an event of a connection, and is null"));
  expect(await failureOf(new RealtimeHistory().restore(none))).toEqual(failure("createItem of the connection"));
});
