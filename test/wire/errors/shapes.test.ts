import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startEmulator } from "../../../src/emulator/index.ts";
import { readScenario } from "../../../src/emulator/scenario/file.ts";
import {
  CodexApiError,
  CompactClient,
  ModelsClient,
  RealtimeWebSocketClient,
  ResponsesClient,
  ResponsesSession,
  verifyWebhook,
} from "../../../src/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { frame, opcode, serveRaw } from "../websocket/raw-server.ts";

const nested = (depth: number): string => `${'{"a":['.repeat(depth)}1${"]}".repeat(depth)}`;

/** More than a call takes as arguments, which `push(...entries)` would meet. */
const MANY = 150_000;

/** Valid JSON that programs have problems with. Recursion fails near 10,000 levels, so deeper values prove nothing more. */
const SHAPES: Readonly<Record<string, string>> = {
  "1,000 levels": nested(500),
  "3,000 levels": nested(1_500),
  "20,000 levels": nested(10_000),
  "60,000 levels": nested(30_000),
  "twenty thousand fields": `{${Array.from({ length: 20_000 }, (_, index) => `"f${index}":${index}`).join(",")}}`,
  "more entries than a call has arguments": `[${Array.from({ length: MANY }, (_, index) => index % 10).join(",")}]`,
  "fields that every object has":
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":7,"hasOwnProperty":null,"then":1,"toJSON":2}',
  "half a pair of surrogates": '"\\ud83d and \\udc00, and \\ud83d\\ude00"',
  "numbers beyond all bounds": "[1e999,-1e999,1e-999,-0,9007199254740993,123456789012345678901234567890]",
  "every kind of nothing": '[null,"",[],{},false,0]',
};

/** The result: success or a typed error; anything else is a fault. */
async function outcomeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return "done";
  } catch (error) {
    return CodexApiError.is(error) ? error.kind : `untyped: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

const ENDS = ["response.created", "response.completed"].map((type) => `{"type":"${type}","response":{"id":"r"}}`);
const user = { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] } as const;

const message = (text: string) =>
  `{"type":"message","id":"m","role":"assistant","phase":${text},"status":${text},"content":[{"type":"output_text","text":"x","annotations":${text}}],"extra":${text}}`;

describe.each(Object.entries(SHAPES))("with %s", (_what, text) => {
  const value = (): unknown => JSON.parse(text);
  const check = async (work: () => unknown): Promise<void> => {
    expect(await outcomeOf(work)).not.toContain("untyped");
    expect(Object.prototype).not.toHaveProperty("polluted");
  };

  it("a request is sent or a typed error", async () => {
    const emulator = await emulate();
    const options = clientOptions(emulator.url);
    const item = { type: "nobody_knows", value: value() } as never;
    const fields = {
      tools: [{ type: "function", name: "f", parameters: value() }],
      metadata: value(),
      extra: { own: value() },
    } as never;
    for (const carrier of ["http", "websocket"] as const) {
      await using session = new ResponsesSession({ ...options, carrier });
      for (const request of [
        { input: [user, item] },
        { input: [user], ...(fields as object) },
        { input: value() as never },
      ])
        await check(async () => (await session.stream({ model: "m", ...request })).collect());
    }
    await check(async () => (await new ResponsesClient(options).stream({ model: "m", input: [item] })).collect());
    await check(() => new CompactClient(options).compact({ model: "m", input: [item], instructions: "" }));
    await check(async () => {
      const connection = await new RealtimeWebSocketClient(options).connect({ instructions: "" });
      await connection.sendPayload(item).finally(() => connection.terminate());
    });
  });

  it.each(["http", "websocket"] as const)(
    "an answer of a session is read, and goes back or is a typed error, over %s",
    async (carrier) => {
      const done = `{"type":"response.output_item.done","output_index":0,"item":${message(text)}}`;
      const odd = `{"type":"response.output_item.done","output_index":1,"item":{"type":"nobody_knows","value":${text}}}`;
      const events = [
        ENDS[0],
        `{"type":"response.nobody_knows","value":${text}}`,
        done,
        odd,
        `{"type":"codex.rate_limits","rate_limits":${text}}`,
        ENDS[1],
      ] as string[];
      const emulator = await emulate({
        rateLimits: false,
        script: ({ kind }) =>
          kind === "handshake"
            ? {}
            : kind === "frame"
              ? { frames: events }
              : {
                  raw: events.map((event) => `data: ${event}\n\n`).join(""),
                  headers: { "content-type": "text/event-stream" },
                },
      });
      await using session = new ResponsesSession({ ...clientOptions(emulator.url), carrier });
      const items: unknown[] = [];
      await check(async () => {
        for await (const event of await session.stream({ model: "m", input: [user] }))
          if (event.type === "output_item.done") items.push(event.item);
      });
      await check(async () =>
        (await session.stream({ model: "m", input: [user, ...(items as never[]), user] })).collect(),
      );
    },
  );

  it.each([
    [
      "an error of a stream",
      (each: string) => `{"type":"response.failed","response":{"id":"r","error":{"code":${each},"message":${each}}}}`,
    ],
    ["an error event", (each: string) => `{"type":"error","status":${each},"headers":${each},"error":${each}}`],
    [
      "an end",
      (each: string) =>
        `{"type":"response.completed","response":{"id":${each},"usage":${each},"output":[${message(each)}]}}`,
    ],
    ["half an end", (each: string) => `{"type":"response.incomplete","response":{"incomplete_details":${each}}}`],
    [
      "a piece",
      (each: string) =>
        `{"type":"response.output_text.delta","delta":${each},"item_id":${each},"output_index":${each},"sequence_number":${each}}`,
    ],
  ])("%s is read or a typed error", async (_which, event) => {
    const body = [ENDS[0], event(text), ENDS[1]].map((each) => `data: ${each}\n\n`).join("");
    const { url } = await serve((_request, response) =>
      response.writeHead(200, { "content-type": "text/event-stream" }).end(body),
    );
    await check(async () =>
      (await new ResponsesClient(clientOptions(url)).stream({ model: "m", input: [] })).collect(),
    );
  });

  it("unary answers and refusals are read or a typed error", async () => {
    const body = `{"models":[{"slug":"m","display_name":${text},"x":${text}}],"output":[${message(text)}],"error":${text},"data":${text}}`;
    for (const status of [200, 400, 429]) {
      const { url } = await serve((_request, response) => response.writeHead(status).end(body));
      const options = clientOptions(url, { retry: { maxRetries: 0 } });
      await check(() => new ModelsClient(options).list({ clientVersion: "1.0.0" }));
      await check(() => new CompactClient(options).compact({ model: "m", input: [], instructions: "" }));
    }
  });

  it("an event of a realtime session is told or a typed error", async () => {
    const { url } = await serveRaw((peer) => {
      for (const type of ["session.created", "error", "response.done", "conversation.item.done", "nobody.knows"])
        peer.socket.write(
          frame(opcode.text, `{"type":"${type}","session":${text},"error":${text},"response":${text},"item":${text}}`),
        );
      peer.socket.write(frame(opcode.close, Buffer.of(3, 232)));
    });
    const options = clientOptions(url.replace("ws", "http"));
    await check(async () => {
      const connection = await new RealtimeWebSocketClient(options).connect({ instructions: "" });
      for (let event = await connection.nextEvent(); event; event = await connection.nextEvent());
    });
  });

  it("a webhook is told or a typed error", async () => {
    const secret = "a secret of the test's";
    for (const body of [
      text,
      `{"id":"e","object":"event","type":"response.completed","created_at":1,"data":${text}}`,
      `{"id":${text},"type":${text}}`,
    ]) {
      const stamp = String(Math.round(Date.now() / 1000));
      const signature = createHmac("sha256", secret).update(`e.${stamp}.${body}`).digest("base64");
      const headers = { "webhook-id": "e", "webhook-timestamp": stamp, "webhook-signature": `v1,${signature}` };
      await check(() => verifyWebhook(headers, body, secret));
    }
  });
});

describe.each(Object.entries(SHAPES))("the emulator, with %s", (_what, text) => {
  const inFile = async (name: string, content: string, use: (path: string) => Promise<unknown>): Promise<string> => {
    const folder = temporaryFolder("shapes");
    writeFileSync(join(folder, name), content);
    try {
      await use(folder);
      return "done";
    } catch (error) {
      return error instanceof RangeError || error instanceof TypeError ? `bare: ${error.stack}` : "told";
    }
  };

  it("takes a scenario, or says what is wrong with it", async () => {
    for (const content of [text, `{"rules":${text}}`, `{"rules":[{"when":{"text":${text}},"then":${text}}]}`]) {
      const outcome = await inFile("scenario.json", content, async (folder) => {
        const scenario = await readScenario(join(folder, "scenario.json"));
        await (await startEmulator({ scenario })).close();
      });
      expect(outcome).not.toContain("bare");
    }
  });

  it("plays a transcript, or says what is wrong with it", async () => {
    const head = "codex-wire transcript 1\n0 request http POST /v1/responses\n";
    for (const line of [
      `0 request-body ${text}\n1 answer 200\n2 body x\n3 end finished\n`,
      `0 request-body-json ${text}\n`,
      `1 answer 200\n2 body ${text}\n3 end finished\n`,
      `1 answer 200\n2 event x ${text}\n3 end finished\n`,
    ]) {
      const outcome = await inFile("0001.transcript.txt", head + line, async (folder) => {
        await (await startEmulator({ replay: { folder } })).close();
      });
      expect(outcome).not.toContain("bare");
    }
  });

  it("answers a request", async () => {
    const emulator = await emulate();
    for (const body of [
      text,
      `{"model":"m","input":${text}}`,
      `{"model":"m","input":"x","tools":${text},"text":${text},"metadata":${text}}`,
    ]) {
      const answer = await fetch(`${emulator.url}/responses`, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
      expect([200, 400, 413]).toContain(answer.status);
      await answer.text();
    }
  });
});
