import { describe, expect, it } from "vitest";
import { emulate } from "../../support/clients.ts";
import { answerTo, asking, bodiesAt, handshakesAt, openSession } from "./support.ts";

const who = {
  conversationId: "conversation-1",
  sessionSource: "review",
  identity: {
    originator: "my_program",
    clientVersion: "1.2.3",
    betaFeatures: ["one", "two"],
    residency: "us",
    organization: "org-1",
    project: "proj-1",
    includeTimingMetrics: true,
    userAgentSuffix: "my-tool; 4",
  },
} as const;

const shared = {
  "user-agent": expect.stringMatching(/^my_program\/1\.2\.3 \(.+; .+\) \S+ \(my-tool; 4\)$/),
  originator: "my_program",
  version: "1.2.3",
  "x-codex-beta-features": "one,two",
  "x-openai-internal-codex-residency": "us",
  "openai-organization": "org-1",
  "openai-project": "proj-1",
  "x-client-request-id": "conversation-1",
  session_id: "conversation-1",
  "x-codex-turn-metadata": '{"turn_id":"t1"}',
  "x-mine": "yes",
};

const call = { turnMetadata: { turn_id: "t1" }, headers: { "X-Mine": "yes" } };

describe("the caller's identity", () => {
  // parity: identity/handshake-user-agent
  it("is in a handshake without the subagent, with a request for timing", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, who);
    await answerTo(session, asking("one"), call);
    const headers = handshakesAt(emulator)[0]?.headers;
    expect(headers).toMatchObject({
      ...shared,
      "openai-beta": "responses_websockets=2026-02-06",
      "x-responsesapi-include-timing-metrics": "true",
    });
    expect(headers).not.toHaveProperty("x-openai-subagent");
  });

  it("is in an HTTP request with the subagent, without a request for timing", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { ...who, carrier: "http" });
    await answerTo(session, asking("one"), call);
    const headers = emulator.requests[0]?.headers;
    expect(headers).toMatchObject({
      ...shared,
      "x-openai-subagent": "review",
    });
    expect(headers).not.toHaveProperty("x-responsesapi-include-timing-metrics");
    expect(headers).not.toHaveProperty("openai-beta");
  });

  it.each(["websocket", "http"] as const)("is only sent as far as it is given, over %s", async (carrier) => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { carrier });
    await answerTo(session, asking("one"));
    const headers = emulator.requests[0]?.headers ?? {};
    expect(Object.keys(headers).filter((name) => /^(x-codex-|x-openai-|openai-(org|proj))/.test(name))).toEqual([]);
    expect(headers.originator).toBe("codex-wire");
    expect(headers.session_id).toBe(session.conversationId);
  });

  const ofProvider = { Originator: "providers", "User-Agent": "providers/1", version: "9" };

  it.each(["websocket", "http"] as const)(
    "over %s, the provider's headers stand where nobody gave others",
    async (carrier) => {
      const emulator = await emulate();
      const { session } = openSession(emulator.url, { carrier }, { headers: ofProvider });
      await answerTo(session, asking("one"));
      expect(emulator.requests[0]?.headers).toMatchObject({
        originator: "providers",
        "user-agent": "providers/1",
        version: "9",
      });
    },
  );

  it.each(["websocket", "http"] as const)(
    "over %s, what was given overwrites the provider's headers",
    async (carrier) => {
      const emulator = await emulate();
      const given = { identity: { originator: "mine", clientVersion: "1.2.3", userAgent: "mine/1" } };
      const { session } = openSession(emulator.url, { carrier, ...given }, { headers: ofProvider });
      await answerTo(session, asking("one"));
      expect(emulator.requests[0]?.headers).toMatchObject({
        originator: "mine",
        "user-agent": "mine/1",
        version: "1.2.3",
      });
    },
  );

  it.each([
    ["underscore", ["session_id"]],
    ["hyphen", ["session-id", "thread-id"]],
    ["both", ["session-id", "session_id", "thread-id"]],
  ] as const)("the session id goes by the provider's names: %s", async (sessionHeaders, names) => {
    const emulator = await emulate();
    for (const carrier of ["websocket", "http"] as const) {
      const { session } = openSession(emulator.url, { carrier, conversationId: "c" }, { sessionHeaders });
      await answerTo(session, asking("one"));
    }
    for (const { headers } of emulator.requests.filter(({ kind }) => kind !== "frame")) {
      expect(
        Object.keys(headers)
          .filter((name) => /^(session|thread)[-_]id$/.test(name))
          .sort(),
      ).toEqual(names);
    }
  });
});

describe("the turn's metadata", () => {
  it("with characters outside ASCII is silently omitted from the headers", async () => {
    const emulator = await emulate();
    for (const carrier of ["websocket", "http"] as const) {
      const { session } = openSession(emulator.url, { carrier });
      await answerTo(session, asking("one"), { turnMetadata: { workspaces: { "/home/jörg": {} } } });
    }
    const [handshake, , http] = emulator.requests;
    expect(handshake?.headers).not.toHaveProperty("x-codex-turn-metadata");
    expect(http?.headers).not.toHaveProperty("x-codex-turn-metadata");
  });

  it("is sent with every request of an open connection, and does not affect increments", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const first = await answerTo(session, asking("one"), { turnMetadata: "first" });
    const history = [...asking("one").input, ...first.items];
    await answerTo(session, asking("two", history), { turnMetadata: "second" });
    expect(handshakesAt(emulator)).toHaveLength(1);
    expect(bodiesAt(emulator)).toMatchObject([
      { client_metadata: { "x-codex-turn-metadata": "first" } },
      { client_metadata: { "x-codex-turn-metadata": "second" }, previous_response_id: first.responseId },
    ]);
  });

  it("is not added to a body without metadata", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    await answerTo(session, asking("one"));
    expect(bodiesAt(emulator)[0]).not.toHaveProperty("client_metadata");
  });
});

describe("trace context", () => {
  const traceparent = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;

  it("is that of the call, even on an open connection", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url);
    const key = "ws_request_header_traceparent";
    await answerTo(session, asking("one"), { traceContext: { traceparent: traceparent("1") } });
    await answerTo(session, asking("two"), { traceContext: { traceparent: traceparent("2") } });
    await answerTo(session, asking("three"));
    const [first, second, third] = bodiesAt(emulator);
    expect(first).toMatchObject({ client_metadata: { [key]: traceparent("1") } });
    expect(second).toMatchObject({ client_metadata: { [key]: traceparent("2") } });
    expect(third).not.toHaveProperty("client_metadata");
  });
});

describe("the cache key", () => {
  it("is the conversation's id, unless the request names one", async () => {
    const emulator = await emulate();
    const { session } = openSession(emulator.url, { conversationId: "conversation-1" });
    await answerTo(session, asking("one"));
    await answerTo(session, { ...asking("two"), prompt_cache_key: "mine" });
    expect(bodiesAt(emulator).map((body) => body.prompt_cache_key)).toEqual(["conversation-1", "mine"]);
  });
});

describe("the turn's state", () => {
  const state = "x-codex-turn-state";

  it("of the handshake is sent with HTTP requests of the same turn, and not of the next", async () => {
    const emulator = await emulate({
      script: (request) => {
        if (request.kind === "handshake") {
          return emulator.requests.length > 1
            ? { refuse: { status: 426 } }
            : { accept: { headers: { [state]: "s1" } } };
        }
        return request.kind === "frame" ? { events: [], terminateAfterEvents: 0 } : undefined;
      },
    });
    const { session } = openSession(emulator.url);
    await answerTo(session, asking("one"));
    session.startTurn();
    await answerTo(session, asking("two"));
    const http = emulator.requests.filter(({ kind }) => kind === "http");
    expect(http.map(({ headers }) => headers[state])).toEqual(["s1", undefined]);
    expect(handshakesAt(emulator).map(({ headers }) => headers[state])).toEqual([undefined, "s1"]);
  });

  it("of the first HTTP answer is used for the whole turn", async () => {
    const emulator = await emulate({ turnState: true });
    const { session } = openSession(emulator.url, { carrier: "http" });
    for (const text of ["one", "two", "three"]) await answerTo(session, asking(text));
    session.startTurn();
    await answerTo(session, asking("four"));
    const [first, second, third, fourth] = emulator.requests.map(({ headers }) => headers[state]);
    expect([first, fourth]).toEqual([undefined, undefined]);
    expect(second).toEqual(expect.any(String));
    expect(third).toBe(second);
  });

  it("is not read again from the handshake of an open connection", async () => {
    const emulator = await emulate({
      script: (request) => {
        if (request.kind === "handshake") return { accept: { headers: { [state]: "old" } } };
        return JSON.stringify(request.json).includes("repeat: two") ? { resetBeforeHeaders: true } : undefined;
      },
    });
    const { session } = openSession(emulator.url, { carrier: "websocket" }, { maxStreamRetries: 1 });
    await answerTo(session, asking("one"));
    session.startTurn();
    await expect(answerTo(session, asking("two"))).rejects.toMatchObject({ kind: "stream" });
    expect(handshakesAt(emulator).map(({ headers }) => headers[state])).toEqual([undefined, undefined, "old"]);
  });
});
