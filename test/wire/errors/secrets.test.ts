import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { ModelsClient, ResponsesClient, ResponsesSession } from "../../../src/index.ts";
import { knownTo, leaksIn, printable, providerOf, SECRETS, saidOf, WAYS, type Way } from "../../support/secrets.ts";

type Echo = (known: string, request: IncomingMessage, response: ServerResponse) => void;

const json = (known: string): string =>
  JSON.stringify({ error: { message: known, code: known, type: "invalid_request_error", param: known } });
const events = (response: ServerResponse, ...list: object[]): void => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
};
const cut = (response: ServerResponse, text: string): void => {
  response.writeHead(500, { "content-length": "1000000" });
  response.write(text, () => response.destroy());
};

const ECHOES: Readonly<Record<string, Echo>> = {
  "an error's text": (known, _request, response) => response.writeHead(403).end(known),
  "an error's JSON": (known, _request, response) => response.writeHead(400).end(json(known)),
  "an error's JSON, to be tried again": (known, _request, response) => response.writeHead(503).end(json(known)),
  "a usage limit": (known, _request, response) =>
    response.writeHead(429, { "retry-after": "0" }).end(
      JSON.stringify({
        error: { type: "usage_limit_reached", plan_type: known, message: known, promo_message: known },
      }),
    ),
  "a refused credential": (known, _request, response) => response.writeHead(401).end(json(known)),
  "the reason behind a status": (known, _request, response) => response.writeHead(418, printable(known)).end(),
  "a header": (known, _request, response) =>
    response.writeHead(400, { "x-echo": printable(known), "x-request-id": printable(known) }).end(),
  "a redirect without an end": (known, _request, response) =>
    response.writeHead(307, { location: `/v1/${encodeURIComponent(known.slice(0, 1500))}?again` }).end(),
  "a redirect to nowhere": (known, _request, response) =>
    response.writeHead(307, { location: `ftp://${encodeURIComponent(known.slice(0, 1500))}` }).end(),
  "an error that is cut off": (known, _request, response) => cut(response, known),
  "no HTTP": (known, request) => void request.socket.end(`${known}\r\n\r\n`),
  "half an answer": (known, request) =>
    void request.socket.end(`HTTP/1.1 200 OK\r\nx-echo: ${printable(known)}\r\nbad header`),
  "a page of HTML": (known, _request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(`<title>${known}</title>`),
  "a page under a label that is one": (known, _request, response) =>
    response.writeHead(200, { "content-type": `text/html ${printable(known)}` }).end(known),
  "an event that refuses": (known, _request, response) =>
    events(response, { type: "response.failed", response: { id: "r", error: { code: known, message: known } } }),
  "an error event": (known, _request, response) => events(response, { type: "error", code: known, message: known }),
  "an error event with a status": (known, _request, response) =>
    events(response, { type: "error", status: 403, error: { message: known } }),
  "an incomplete answer": (known, _request, response) =>
    events(response, { type: "response.incomplete", response: { incomplete_details: { reason: known } } }),
  "an event of no known type, and no end": (known, _request, response) => events(response, { type: known }),
  "an event that is damaged": (known, _request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`data: {"type":"response.created ${known}\n\n`);
  },
};

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
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const request = { model: "m", input: [] };
const USES = {
  stream: async (options: object) => (await new ResponsesClient(options as never).stream(request)).collect(),
  list: (options: object) => new ModelsClient(options as never).list({ clientVersion: "1.0.0" }),
  session: async (options: object) => {
    await using session = new ResponsesSession(options as never);
    return await (await session.stream(request)).collect();
  },
};

const ways = Object.keys(WAYS) as Way[];
const cases = ways.flatMap((way) =>
  [`${way}, direct` as const, `${way}, through a proxy` as const].map((how) => ({ way, how })),
);

describe.each(cases)("with $how: no secret that a server repeats is said again, from", ({ way, how }) => {
  it.each(Object.keys(ECHOES))("%s", async (name) => {
    const host = await serve(ECHOES[name] as Echo);
    const provider = how.endsWith("proxy")
      ? providerOf("http://origin.example", way, { scheme: "http", host })
      : providerOf(`http://${host}`, way);
    for (const use of Object.values(USES)) {
      const { error, text } = await saidOf(use, provider, way);
      expect(error.message).not.toBe("nothing failed");
      expect(leaksIn(text)).toEqual([]);
    }
  });
});

describe("a secret that the end of a text cuts is not said again", () => {
  it.each([7, 12, 20, 28])("after %i of its characters", async (length) => {
    const host = await serve((_known, _request, response) =>
      cut(response, `wrong key: ${SECRETS.key.slice(0, length)}`),
    );
    const { text } = await saidOf(USES.stream, providerOf(`http://${host}`, "a key"), "a key");
    expect(text).toContain("wrong key: [redacted]");
    expect(text).not.toContain(SECRETS.key.slice(0, 7));
  });

  it("by the bound of an error's text", async () => {
    const filler = "x".repeat(1024 * 1024 - 20);
    const host = await serve((_known, _request, response) =>
      response.writeHead(403).end(`${filler}${SECRETS.key} and more`),
    );
    const { error } = await saidOf(USES.stream, providerOf(`http://${host}`, "a key"), "a key");
    expect((error as Error & { body: string }).body).toBe(`${filler}[redacted]`);
  });
});

it("a key in the place of the base URL is not said again", async () => {
  const provider = { ...providerOf("http://127.0.0.1", "a key"), baseUrl: SECRETS.key };
  const { error, text } = await saidOf(USES.stream, provider, "a key");
  expect(error).toMatchObject({ kind: "build", message: expect.stringContaining("may be a key") });
  expect(leaksIn(text)).toEqual([]);
});
