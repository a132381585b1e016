import { describe, expect, it, onTestFinished } from "vitest";
import { createFetch, createHttpsAgent } from "../../src/client/interop/index.ts";
import { caFile } from "../support/ca-file.ts";
import { emulate } from "../support/clients.ts";
import { inLockstep, WORDS } from "../support/lockstep.ts";
import { serve } from "../support/serve.ts";
import { installed } from "./installed.ts";
import { behindProxy, causes } from "./secured.ts";

interface SdkEvent {
  readonly type: string;
  readonly delta?: string;
}

interface Sdk {
  readonly files: { create(upload: { readonly file: File; readonly purpose: string }): Promise<unknown> };
  readonly responses: { create(body: object): Promise<AsyncIterable<SdkEvent>> };
}

interface SdkOptions {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly maxRetries: number;
  readonly fetch?: typeof fetch;
}

const { OpenAI, APIConnectionError } = installed<{
  readonly OpenAI: new (options: SdkOptions) => Sdk;
  readonly APIConnectionError: new () => Error;
}>("openai");

const REQUEST = { model: "m", input: "repeat: one two three" };

describe("the official SDK over createFetch", () => {
  it("streams through a proxy from a server of a private authority, event by event", async () => {
    const { script, heard } = inLockstep();
    const emulator = await emulate({ tls: true, script, requireAuth: "sk-key" });
    const { proxy, env } = await behindProxy();
    const trusting = { ...env, CODEX_CA_CERTIFICATE: caFile(emulator.caPem) };
    const fetch = createFetch({ env: trusting });
    const sdk = new OpenAI({ apiKey: "sk-key", baseURL: emulator.url, maxRetries: 0, fetch });
    const words: (string | undefined)[] = [];
    for await (const event of await sdk.responses.create({ ...REQUEST, stream: true })) {
      if (event.type !== "response.output_text.delta") continue;
      words.push(event.delta);
      heard();
    }
    expect(words).toEqual(WORDS);
    expect(proxy.connects.map(({ target }) => target)).toEqual([new URL(emulator.url).host]);
  });

  it("uploads a file", async () => {
    const { url, requests } = await serve((_request, response) => {
      response.setHeader("content-type", "application/json").end('{"id":"file-1"}');
    });
    const sdk = new OpenAI({ apiKey: "sk-key", baseURL: url, maxRetries: 0, fetch: createFetch({ env: {} }) });
    const upload = { file: new File(["contents"], "a.txt"), purpose: "assistants" };
    expect(await sdk.files.create(upload)).toMatchObject({ id: "file-1" });
    expect(requests[0]?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
    expect(requests[0]?.body.toString()).toMatch(/filename="a\.txt"[\s\S]*contents/);
  });

  it("without the authority fails with the policy's words behind the SDK's own error", async () => {
    const emulator = await emulate({ tls: true });
    const { proxy, env } = await behindProxy();
    const fetch = createFetch({ env });
    const sdk = new OpenAI({ apiKey: "sk-key", baseURL: emulator.url, maxRetries: 0, fetch });
    const error = await sdk.responses.create({ ...REQUEST, stream: true }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(APIConnectionError);
    expect(causes(error)).toContainEqual(
      expect.objectContaining({
        phase: "tls",
        message: expect.stringMatching(/^TLS certificate of 127\.0\.0\.1 refused/),
      }),
    );
    expect(proxy.connects).toHaveLength(1);
    expect(emulator.requests).toEqual([]);
  });
});

interface SdkSocket {
  on(name: "event", listener: (event: SdkEvent) => void): void;
  on(name: "error", listener: (error: Error) => void): void;
  on(name: "open" | "close", listener: () => void): void;
  send(event: object): void;
  close(): void;
}

describe("the official SDK's WebSocket over createHttpsAgent", () => {
  const { ResponsesWS } = installed<{
    readonly ResponsesWS: new (client: Sdk, options: object) => SdkSocket & { readonly socket: SdkSocket };
  }>("openai/resources/responses/ws");

  function connect(baseURL: string, env: Readonly<Record<string, string>>) {
    const agent = createHttpsAgent({ env });
    const socket = new ResponsesWS(new OpenAI({ apiKey: "sk-key", baseURL, maxRetries: 0 }), { agent });
    onTestFinished(() => {
      socket.close();
      agent.destroy();
    });
    return socket;
  }

  it("gets through the same proxy to the same server", async () => {
    const emulator = await emulate({ tls: true });
    const { proxy, env } = await behindProxy();
    const trusting = { ...env, CODEX_CA_CERTIFICATE: caFile(emulator.caPem) };
    const socket = connect(emulator.url, trusting);
    const text = await new Promise<string>((resolve, reject) => {
      let heard = "";
      socket.on("error", reject);
      socket.on("event", ({ type, delta }) => {
        if (type === "response.output_text.delta") heard += delta;
        if (type === "response.completed") resolve(heard);
      });
      socket.socket.on("open", () => socket.send({ type: "response.create", ...REQUEST }));
    });
    expect(text).toBe("one two three");
    expect(proxy.connects).toHaveLength(1);
  });

  it("fails with the policy's words where the server is not trusted", async () => {
    const emulator = await emulate({ tls: true });
    const { env } = await behindProxy();
    const socket = connect(emulator.url, env);
    const error = await new Promise<Error>((resolve) => socket.on("error", resolve));
    expect(error.message).toMatch(/TLS certificate of 127\.0\.0\.1 refused/);
  });
});
