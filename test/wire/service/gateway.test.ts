import { expect, it, onTestFinished } from "vitest";
import { apiKeyAuth, noAuth } from "../../../src/api/auth.ts";
import { CodexApi } from "../../../src/api/codex-api.ts";
import type { ResponsesSession } from "../../../src/api/session/session.ts";
import type { ResponseItem } from "../../../src/api/wire/items.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { user } from "../session/support.ts";

const USERS = ["one", "two"] as const;
const CARRIERS = ["http", "websocket"] as const;
const TURNS = 3;

interface Conversation {
  readonly name: string;
  readonly key: string;
  readonly session: ResponsesSession;
  readonly history: ResponseItem[];
  readonly answers: string[];
}

it("two users of one CodexApi, at the same time, with the same cache key, over HTTP and WebSocket: nothing of them mixes", async () => {
  const emulator = await emulate();
  const api = new CodexApi({ ...clientOptions(emulator.url), auth: noAuth() });
  onTestFinished(() => api.close());
  const conversations = USERS.flatMap((name): Conversation[] => {
    const own = api.as(apiKeyAuth(`key-of-${name}`));
    return CARRIERS.map((carrier) => ({
      name: `${name} over ${carrier}`,
      key: `Bearer key-of-${name}`,
      session: own.session({ carrier, conversationId: `${name}-${carrier}` }),
      history: [],
      answers: [],
    }));
  });

  const turn = async ({ name, session, history, answers }: Conversation, number: number): Promise<void> => {
    history.push(user(`repeat: ${name}, turn ${number}`));
    const stream = await session.stream({ model: "m", input: history, prompt_cache_key: "the-same" });
    const { text, items } = await stream.collect();
    answers.push(text);
    history.push(...items);
  };
  for (let number = 0; number < TURNS; number += 1)
    await Promise.all(conversations.map((conversation) => turn(conversation, number)));

  for (const { name, key, session, history, answers } of conversations) {
    expect(answers).toEqual(Array.from({ length: TURNS }, (_, number) => `${name}, turn ${number}`));
    const own = emulator.requests.filter(
      ({ headers, json }) =>
        headers.session_id === session.conversationId || JSON.stringify(json ?? {}).includes(`${name}, turn`),
    );
    // A frame has the headers of its handshake.
    expect(own.length).toBeGreaterThanOrEqual(TURNS);
    for (const { headers, json } of own) {
      expect(headers.authorization ?? key).toBe(key);
      const sent = JSON.stringify(json ?? {});
      for (const other of conversations) if (other.name !== name) expect(sent).not.toContain(other.name);
    }
    expect(JSON.stringify(history)).not.toMatch(new RegExp(USERS.filter((each) => !name.startsWith(each)).join("|")));
  }
  const handshakes = emulator.requests.filter(({ kind }) => kind === "handshake");
  expect(handshakes.map(({ headers }) => headers.authorization).sort()).toEqual([
    "Bearer key-of-one",
    "Bearer key-of-two",
  ]);
  const responseIds = emulator.requests.flatMap(({ json, connection }) => {
    const { previous_response_id: id } = (json ?? {}) as { previous_response_id?: string };
    return id === undefined ? [] : [`${connection} ${id}`];
  });
  expect(new Set(responseIds).size).toBe(USERS.length * (TURNS - 1)); // each goes on from its own, on its own connection
});
