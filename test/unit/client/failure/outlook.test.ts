import { describe, expect, it } from "vitest";
import {
  AbortedError,
  BuildError,
  CaInvalidError,
  CaReadError,
  CaRejectedError,
  HttpError,
  LimitError,
  NetworkError,
  ProtocolError,
  StreamError,
  TimeoutError,
} from "../../../../src/client/failure/kinds.ts";
import { type At, isFinalFor, outlookOf, statusOf } from "../../../../src/client/failure/outlook.ts";

const http = (status: number): HttpError => new HttpError("refused", { status, headers: {}, body: "" });
const outlook = (error: unknown, at: Partial<At> & Pick<At, "step">) =>
  outlookOf(error, { carrier: "http", ...at }).outlook;

const CALLERS = [
  new BuildError("b"),
  new AbortedError("a"),
  new CaReadError("c"),
  new CaInvalidError("c"),
  new CaRejectedError("c"),
];
const STEPS = ["handshake", "request", "stream", "sideband"] as const;

describe("a failure that is the caller's", () => {
  it.each(CALLERS.map((error) => [error.kind, error] as const))("%s is final at every step", (_kind, error) => {
    expect(isFinalFor(error)).toBe(true);
    for (const step of STEPS)
      for (const carrier of ["http", "websocket"] as const) expect(outlook(error, { step, carrier })).toBe("never");
  });

  it("nothing else is", () => {
    for (const error of [http(400), new NetworkError("n"), new StreamError("s"), new ProtocolError("p")])
      expect(isFinalFor(error)).toBe(false);
  });

  it("is told apart from an error that is not the package's, which nothing overrules either", () => {
    expect(isFinalFor(new TypeError("bug"))).toBe(true);
    expect(isFinalFor(undefined)).toBe(true);
    for (const step of STEPS)
      expect(outlookOf(new TypeError("bug"), { carrier: "http", step })).toEqual({
        outlook: "never",
        replay: "unsafe",
      });
  });
});

describe("what can help", () => {
  const TIMEOUT = new TimeoutError("t", { phase: "headers", timeoutMs: 1 });
  const NETWORK = new NetworkError("n");
  const STREAM = new StreamError("s");
  const UNTRUSTED = new NetworkError("u", { phase: "tls", outlook: "never" });
  const LIMIT = new LimitError("l", { what: "event", limit: 1, unit: "bytes" });

  it.each<[string, unknown, Partial<At> & Pick<At, "step">, string]>([
    ["a request: the network", NETWORK, { step: "request" }, "again"],
    ["a request: a time-out", TIMEOUT, { step: "request" }, "again"],
    ["a request: an answer that has begun", STREAM, { step: "request" }, "never"],
    ["a request: 500", http(500), { step: "request" }, "again"],
    ["a request: 599", http(599), { step: "request" }, "again"],
    ["a request: 511, from a captive portal", http(511), { step: "request" }, "never"],
    ["a request: 429", http(429), { step: "request" }, "again"],
    ["a request: 404", http(404), { step: "request" }, "never"],
    ["a request: 409", http(409), { step: "request" }, "never"],
    ["a request: an untrusted certificate", UNTRUSTED, { step: "request" }, "never"],
    ["a sideband: 404, which the service may know a moment later", http(404), { step: "sideband" }, "again"],
    ["a sideband: 403", http(403), { step: "sideband" }, "never"],
    ["a sideband: 503", http(503), { step: "sideband" }, "again"],
    ["a handshake: 401", http(401), { step: "handshake", carrier: "websocket" }, "never"],
    [
      "a handshake: 401, without another carrier",
      http(401),
      { step: "handshake", carrier: "websocket", only: true },
      "never",
    ],
    ["a handshake: 429", http(429), { step: "handshake", carrier: "websocket" }, "again"],
    ["a handshake: 403", http(403), { step: "handshake", carrier: "websocket" }, "elsewhere"],
    ["a handshake: 404", http(404), { step: "handshake", carrier: "websocket" }, "elsewhere"],
    ["a handshake: the network", NETWORK, { step: "handshake", carrier: "websocket" }, "elsewhere"],
    ["a handshake: an untrusted certificate", UNTRUSTED, { step: "handshake", carrier: "websocket" }, "elsewhere"],
    [
      "a handshake: 403, without another carrier",
      http(403),
      { step: "handshake", carrier: "websocket", only: true },
      "never",
    ],
    [
      "a handshake: the network, without another carrier",
      NETWORK,
      { step: "handshake", carrier: "websocket", only: true },
      "again",
    ],
    ["a stream: a break", STREAM, { step: "stream" }, "again"],
    ["a stream: a bound was met", LIMIT, { step: "stream" }, "never"],
    ["a stream: 400", http(400), { step: "stream" }, "again"],
    ["a stream: 409", http(409), { step: "stream" }, "again"],
    ["a stream: 403", http(403), { step: "stream" }, "never"],
    ["a stream: 404", http(404), { step: "stream" }, "never"],
    ["a stream: 407", http(407), { step: "stream" }, "never"],
    ["a stream: 511", http(511), { step: "stream" }, "never"],
    ["a stream over HTTP: 401, which was renewed", http(401), { step: "stream" }, "never"],
    [
      "a stream over a WebSocket: 401, whose credentials are old",
      http(401),
      { step: "stream", carrier: "websocket" },
      "again",
    ],
    [
      "a stream over a WebSocket: 401 after a renewal",
      http(401),
      { step: "stream", carrier: "websocket", renewed: true },
      "never",
    ],
  ])("%s", (_what, error, at, expected) => {
    expect(outlook(error, at)).toBe(expected);
  });

  it("includes the server's delay, and whether the server may have done the work", () => {
    const limited = new HttpError("slow", { status: 429, headers: { "retry-after": "7" }, body: "" });
    expect(outlookOf(limited, { carrier: "http", step: "request" })).toEqual({
      outlook: "again",
      delayMs: 7_000,
      replay: "safe",
    });
    expect(outlookOf(STREAM, { carrier: "http", step: "stream" }).replay).toBe("unsafe");
  });

  it("is decided by the status if there is one", () => {
    expect(statusOf(http(418))).toBe(418);
    expect(statusOf(NETWORK)).toBeUndefined();
    expect(statusOf({ status: 418 })).toBeUndefined();
    expect(statusOf(Object.assign(new NetworkError("n"), { status: "418" }))).toBeUndefined();
  });
});
