import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import type { Logger, ProviderConfig, Telemetry } from "../../../src/index.ts";
import { apiKeyAuth, ModelsClient, ResponsesClient, ResponsesWebSocketClient } from "../../../src/index.ts";

/** Where a caller puts a secret, and how it then looks on the wire. */
const SECRETS = {
  key: "sk-Key+secret/1",
  header: "hdr-Secret=2",
  cookie: "session-S3cret",
  parameter: "prm-secret&4",
} as const;
const PROXY_PASSWORD = "prx%secret 6";

const EVERY = [...Object.values(SECRETS), PROXY_PASSWORD];

function providerOf(origin: string, through: "direct" | "proxy"): ProviderConfig {
  return {
    name: "secrets",
    baseUrl: `http${through === "proxy" ? "://origin.example" : `:${origin}`}/v1`,
    headers: { "x-api-key": SECRETS.header, cookie: `theme=dark; sid=${SECRETS.cookie}` },
    queryParams: { code: SECRETS.parameter },
    proxy: through === "proxy" ? `http://user:${encodeURIComponent(PROXY_PASSWORD)}@${origin.slice(2)}` : false,
    retry: { maxRetries: 1, baseDelayMs: 1 },
    streamIdleTimeoutMs: 500,
  };
}

/** Everything that a server can know of a request, in the forms in which servers repeat it. */
function knownTo(request: IncomingMessage): string {
  const lines = request.rawHeaders.map((text) => text).join(" | ");
  const pairs = request.rawHeaders
    .filter((value) => /^basic /i.test(value))
    .map((value) => Buffer.from(value.slice(6), "base64").toString());
  const cookies = (request.headers.cookie ?? "").split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1));
  const raw = `${cookies.join(" ")} ${request.url} ${decodeURIComponent(request.url ?? "")} ${lines} ${pairs.join(" ")}`;
  return `${raw} ${JSON.stringify(raw)} ${encodeURIComponent(raw)}`;
}

type Echo = (known: string, request: IncomingMessage, response: ServerResponse) => void;

const json = (known: string): string =>
  JSON.stringify({ error: { message: known, code: "bad", type: "invalid_request_error" } });
const events = (response: ServerResponse, ...list: object[]): void => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
};

const ECHOES: Readonly<Record<string, Echo>> = {
  "an error's text": (known, _request, response) => response.writeHead(403).end(known),
  "an error's JSON": (known, _request, response) => response.writeHead(400).end(json(known)),
  "an error's JSON, to be tried again": (known, _request, response) => response.writeHead(503).end(json(known)),
  "a refused credential": (known, _request, response) => response.writeHead(401).end(json(known)),
  "the reason behind a status": (known, _request, response) =>
    response.writeHead(418, known.replace(/[^ -~]/g, "")).end(),
  "a header": (known, _request, response) =>
    response
      .writeHead(400, {
        "x-echo": known.replace(/[^ -~]/g, ""),
        "x-request-id": known.slice(0, 4000).replace(/[^ -~]/g, ""),
      })
      .end(),
  "a redirect without an end": (known, _request, response) =>
    response.writeHead(307, { location: `/v1/responses?again=${encodeURIComponent(known.slice(0, 1500))}` }).end(),
  "an error that is cut off": (known, _request, response) => {
    response.writeHead(500, { "content-length": "100000" });
    response.write(known, () => response.destroy());
  },
};

/** What the library says of a failure, anywhere. */
async function saidOf(use: (options: object) => Promise<unknown>, provider: ProviderConfig): Promise<string> {
  const said: unknown[] = [];
  const note = (...words: unknown[]): void => void said.push(...words);
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  const telemetry: Telemetry = {
    onRequest: note,
    onRetry: note,
    onStreamPoll: note,
    onSkippedEvent: note,
    onWebSocketRequest: note,
  };
  const error = await use({ provider, auth: apiKeyAuth(SECRETS.key), env: {}, logger, telemetry }).then(
    () => new Error("nothing failed"),
    (failure: Error) => failure,
  );
  said.push(error, error.message, error.stack, JSON.stringify(error));
  return said
    .map((each) => (typeof each === "string" ? each : inspect(each, { depth: 10, showHidden: true })))
    .join("\n");
}

function leaksIn(text: string): string[] {
  return EVERY.filter((secret) =>
    [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64"),
    ].some((form) => text.includes(form)),
  );
}

async function serve(echo: Echo): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => echo(knownTo(request), request, response));
  });
  const open = new Set<Socket>();
  server.on("connection", (socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return `//127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const request = { model: "m", input: [] };
const stream = async (options: object) => (await new ResponsesClient(options as never).stream(request)).collect();
const list = (options: object) => new ModelsClient(options as never).list({ clientVersion: "1.0.0" });

describe.each(["direct", "proxy"] as const)("%s: no secret that a server repeats is said again, from", (through) => {
  it.each(Object.keys(ECHOES))("%s", async (name) => {
    const origin = await serve(ECHOES[name] as Echo);
    for (const use of [stream, list]) {
      const said = await saidOf(use, providerOf(origin, through));
      expect(said).not.toContain("nothing failed");
      expect(leaksIn(said)).toEqual([]);
    }
  });
});

describe("no secret of the origin's that it repeats is said again, from", () => {
  it.each<[string, Echo]>([
    [
      "a page instead of a stream",
      (known, _request, response) => response.writeHead(200, { "content-type": "text/html" }).end(known),
    ],
    [
      "an event that refuses",
      (known, _request, response) =>
        events(response, { type: "response.failed", response: { id: "r", error: { code: "bad", message: known } } }),
    ],
    ["an error event", (known, _request, response) => events(response, { type: "error", code: "bad", message: known })],
  ])("%s", async (_name, echo) => {
    const origin = await serve(echo);
    const said = await saidOf(stream, providerOf(origin, "direct"));
    expect(said).not.toContain("nothing failed");
    expect(leaksIn(said)).toEqual([]);
  });

  it("the reason of a WebSocket's end, and an event before it", async () => {
    for (const how of ["close", "event"] as const) {
      const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
      onTestFinished(() => server.close());
      await once(server, "listening");
      server.on("connection", (socket, upgrade) => {
        const known = knownTo(upgrade);
        socket.on("message", () => {
          if (how === "close") socket.close(4000, upgrade.headers.authorization);
          else socket.send(JSON.stringify({ type: "error", error: { code: "bad", message: known } }));
        });
      });
      const origin = `//127.0.0.1:${(server.address() as AddressInfo).port}`;
      const said = await saidOf(
        async (options) => {
          const connection = await new ResponsesWebSocketClient(options as never).connect();
          await (await connection.stream(request)).collect();
        },
        providerOf(origin, "direct"),
      );
      expect(said).not.toContain("nothing failed");
      expect(leaksIn(said)).toEqual([]);
    }
  });
});
