import { describe, expect, it } from "vitest";
import {
  ModelsClient,
  RealtimeWebSocketClient,
  ResponsesClient,
  ResponsesSession,
  ResponsesWebSocketClient,
} from "../../../src/index.ts";
import {
  knownTo,
  leaksIn,
  PROXY_PASSWORD,
  printable,
  providerOf,
  SECRETS,
  saidOf,
  WAYS,
  type Way,
} from "../../support/secrets.ts";
import { serveTcp } from "../../support/serve.ts";
import { closeFrame, frame, opcode, type RawPeer, serveRaw } from "../websocket/raw-server.ts";

const request = { model: "m", input: [] };
const USES = {
  websocket: async (options: object) => {
    const connection = await new ResponsesWebSocketClient(options as never).connect();
    await (await connection.stream(request)).collect();
  },
  session: async (options: object) => {
    await using session = new ResponsesSession({ ...options, carrier: "websocket" } as never);
    await (await session.stream(request)).collect();
  },
  realtime: async (options: object) => {
    const connection = await new RealtimeWebSocketClient(options as never).connect({ model: "m", session: {} });
    try {
      for (let event = await connection.nextEvent(); event; event = await connection.nextEvent())
        if (event.type === "error") throw new Error(`told as an event: ${event.message}`);
    } finally {
      connection.terminate();
    }
    throw new Error("the realtime session ended");
  },
};

/** As `knownTo` has it, of the lines of a handshake. */
function knownOf([first = "", ...lines]: readonly string[]): string {
  const fields = lines.map((line) => /^([^:]*): ?(.*)$/.exec(line)?.slice(1) ?? []);
  const headers = Object.fromEntries(fields.map(([name = "", value]) => [name.toLowerCase(), value]));
  return knownTo({ url: first.split(" ")[1] ?? "", rawHeaders: fields.flat(), headers });
}

const event = (known: string, type: string): string =>
  JSON.stringify({
    type,
    error: { code: known, message: known },
    response: { id: "r", error: { code: known, message: known } },
  });

/** What a server sends instead of an answer to the handshake. */
const ANSWERS: Readonly<Record<string, (known: string) => string>> = {
  "a refusal's text": (known) => `HTTP/1.1 403 Forbidden\r\n\r\n${known}`,
  "a refusal's JSON": (known) =>
    `HTTP/1.1 400 Bad\r\n\r\n${JSON.stringify({ error: { message: known, code: known } })}`,
  "a page": (known) => `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<title>${known}</title>`,
  "a refusal's headers": (known) =>
    `HTTP/1.1 401 No\r\nx-echo: ${printable(known)}\r\nx-request-id: ${printable(known)}\r\n\r\n`,
  "the reason behind a status": (known) => `HTTP/1.1 418 ${printable(known)}\r\n\r\n`,
  "a redirect": (known) =>
    `HTTP/1.1 302 Found\r\nlocation: https://x/${encodeURIComponent(known.slice(0, 1500))}\r\n\r\n`,
  "no HTTP": (known) => `${known}\r\n\r\n`,
  "half an answer": (known) => `HTTP/1.1 101 Switching\r\nx-echo: ${printable(known)}\r\nbad header\r\n\r\n`,
  "another protocol": (known) =>
    `HTTP/1.1 101 Switching\r\nupgrade: ${printable(known)}\r\nconnection: upgrade\r\n\r\n`,
};

/** What a server sends on an open WebSocket. */
const WORDS: Readonly<Record<string, (known: string, peer: RawPeer) => void>> = {
  "the reason of its end": (_known, { socket, request: lines }) =>
    socket.write(closeFrame(4000, (lines.find((line) => /^authorization/i.test(line)) ?? "").slice(0, 100))),
  "the reason of its end, cut": (_known, { socket }) =>
    socket.write(closeFrame(4000, `wrong key ${SECRETS.header.slice(0, 20)}`)),
  "an error event": (known, { socket }) => socket.write(frame(opcode.text, event(known, "error"))),
  "a failed response": (known, { socket }) => {
    socket.write(frame(opcode.text, event(known, "response.failed")));
    socket.end(closeFrame(1000));
  },
  "an event of no known type": (known, { socket }) => {
    socket.write(frame(opcode.text, event(known, known)));
    socket.end(closeFrame(1000));
  },
  "a damaged event": (known, { socket }) => {
    socket.write(frame(opcode.text, `{"type": "${known}`));
    socket.end(closeFrame(1000));
  },
  "a frame that is none": (known, { socket }) => socket.write(frame(opcode.text, known, 0xf0)),
  "bytes that are no text": (known, { socket }) => socket.write(frame(opcode.binary, known)),
  "a text that is none": (known, { socket }) => {
    socket.write(frame(opcode.text, Buffer.concat([Buffer.from(known), Buffer.of(0xff)])));
  },
};

const ways = Object.keys(WAYS) as Way[];

async function nothingLeaks(provider: ReturnType<typeof providerOf>, way: Way, uses: object = USES): Promise<void> {
  for (const use of Object.values(uses)) {
    const { error, text } = await saidOf(use, provider, way);
    expect(error.message).not.toBe("nothing failed");
    expect(leaksIn(text)).toEqual([]);
  }
}

describe.each(ways)("with %s: no secret that a WebSocket's server repeats is said again, from", (way) => {
  it.each(Object.keys(ANSWERS))("%s", async (name) => {
    const { port } = await serveTcp((socket) => {
      let head = "";
      socket.on("data", (chunk) => {
        head += chunk.toString("latin1");
        if (!head.includes("\r\n\r\n")) return;
        socket.end(ANSWERS[name]?.(knownOf(head.split("\r\n\r\n")[0]?.split("\r\n") ?? [])) ?? "");
      });
    });
    await nothingLeaks(providerOf(`http://127.0.0.1:${port}`, way), way);
  });

  it.each(Object.keys(WORDS))("%s", async (name) => {
    const { port } = await serveRaw((peer) => {
      void peer.nextFrame().then(() => WORDS[name]?.(knownOf(peer.request), peer));
    });
    await nothingLeaks(providerOf(`http://127.0.0.1:${port}`, way), way);
  });
});

/** What a proxy sends instead of opening a tunnel. */
const REFUSALS: Readonly<Record<string, (known: string) => string>> = {
  "a page that refuses": (known) => `HTTP/1.1 403 No\r\ncontent-type: text/html\r\n\r\n<title>${known}</title>`,
  "a page in place of a tunnel": (known) =>
    `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 99999\r\n\r\n<html><title>${known}</title>`,
  "what it wants": (known) =>
    `HTTP/1.1 407 ${printable(known)}\r\nproxy-authenticate: Basic realm="${printable(known).replaceAll('"', "")}"\r\n\r\n`,
  "where it sends everybody": (known) =>
    `HTTP/1.1 302 Found\r\nlocation: http://login/${encodeURIComponent(known.slice(0, 1500))}\r\n\r\n`,
  "a text": (known) => `HTTP/1.1 502 ${printable(known)}\r\n\r\n${known}`,
  "no HTTP": (known) => `${known}\r\n\r\n`,
  "a tunnel that answers by itself": (known) =>
    `HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 403 No\r\nx-echo: ${printable(known)}\r\n\r\n${known}`,
};

describe("no password of a proxy's that it repeats is said again, from", () => {
  const uses = {
    ...USES,
    stream: async (options: object) => (await new ResponsesClient(options as never).stream(request)).collect(),
    list: (options: object) => new ModelsClient(options as never).list({ clientVersion: "1.0.0" }),
  };

  it.each(Object.keys(REFUSALS))("%s", async (name) => {
    const { port } = await serveTcp((socket) => {
      socket.once("data", (chunk) => {
        socket.end(REFUSALS[name]?.(knownOf(chunk.toString("latin1").split("\r\n\r\n")[0]?.split("\r\n") ?? [])) ?? "");
      });
    });
    for (const base of ["http://origin.example", "https://origin.example"])
      await nothingLeaks(providerOf(base, "a key", { scheme: "http", host: `127.0.0.1:${port}` }), "a key", uses);
  });

  it.each([
    ["when it is refused", (said: Buffer) => Buffer.concat([Buffer.of(1, 1), said])],
    [
      "when what answers speaks something else",
      (said: Buffer) => Buffer.concat([Buffer.from("HTTP/1.1 400 Bad\r\n\r\n"), said]),
    ],
  ])("SOCKS, %s", async (_what, answer) => {
    const { port } = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write(Buffer.of(5, 2));
        socket.once("data", (credentials) => socket.end(answer(credentials)));
      });
    });
    const provider = providerOf("http://origin.example", "a key", { scheme: "socks5h", host: `127.0.0.1:${port}` });
    await nothingLeaks(provider, "a key", uses);
  });

  it("what stands behind a SOCKS tunnel", async () => {
    const { port } = await serveTcp((socket) => {
      socket.once("data", () => {
        socket.write(Buffer.of(5, 2));
        socket.once("data", () => {
          socket.write(Buffer.of(1, 0));
          socket.once("data", () => {
            socket.write(Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 80));
            socket.once("data", () => socket.end(`HTTP/1.1 403 No\r\n\r\nthe password ${PROXY_PASSWORD} is wrong`));
          });
        });
      });
    });
    const provider = providerOf("http://origin.example", "a key", { scheme: "socks5h", host: `127.0.0.1:${port}` });
    await nothingLeaks(provider, "a key", uses);
  });
});

/** The words of a request, which a service may repeat in what it complains of. */
const PROMPT = "the secret plan of my prompt";

it("no line of the log holds a text of the service's, which may repeat a prompt", async () => {
  const says = (type: string) => frame(opcode.text, event(PROMPT, type));
  const { port } = await serveRaw((peer) => {
    void peer.nextFrame().then(() => {
      peer.socket.write(says("response.completed"));
      peer.socket.write(says("error")); // outside a response
      peer.socket.end(closeFrame(4000, PROMPT));
    });
  });
  const lines: unknown[] = [];
  const note = (...line: unknown[]): void => void lines.push(line);
  const logger = { debug: note, info: note, warn: note, error: note };
  const provider = providerOf(`http://127.0.0.1:${port}`, "a key");
  for (const use of Object.values(USES))
    await use({ provider, env: {}, logger, auth: WAYS["a key"].auth() }).catch(() => {});
  expect(lines.length).toBeGreaterThan(3);
  expect(JSON.stringify(lines)).not.toContain("secret plan");
});
