import { describe, expect, it, onTestFinished } from "vitest";
import type { AuthProvider } from "../../../src/api/auth.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import type { ServiceOptions } from "../../../src/api/service/options.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { errorOf } from "../../support/transport.ts";

const REQUEST = { model: "m", input: "hello" };

/** An auth provider of an untyped program. */
function giving(token: unknown, accountId?: unknown): AuthProvider {
  return { bearerToken: () => token, accountId: () => accountId } as AuthProvider;
}

const open = {
  http: (options: ServiceOptions, signal: AbortSignal) => new ResponsesClient(options).stream(REQUEST, { signal }),
  websocket: (options: ServiceOptions, signal: AbortSignal) =>
    new ResponsesWebSocketClient(options).connect({ signal }),
};

describe("an abort does not wait for the auth provider", () => {
  it.each(["http", "websocket"] as const)("while it looks for a token, over %s", async (carrier) => {
    const controller = new AbortController();
    const bearerToken = () => {
      setImmediate(() => controller.abort("enough"));
      return new Promise<string>(() => {});
    };
    const options = { ...clientOptions("http://127.0.0.1:9/v1"), auth: { bearerToken } };
    expect(await errorOf(open[carrier](options, controller.signal))).toMatchObject({
      kind: "aborted",
      cause: "enough",
    });
  });

  it.each(["http", "websocket"] as const)("while it renews one after a 401, over %s", async (carrier) => {
    const server = await serve((_request, response) => response.writeHead(401).end());
    const controller = new AbortController();
    const onUnauthorized = () => {
      setImmediate(() => controller.abort("enough"));
      return new Promise<boolean>(() => {});
    };
    const options = { ...clientOptions(server.url), auth: { bearerToken: () => "token", onUnauthorized } };
    expect(await errorOf(open[carrier](options, controller.signal))).toMatchObject({
      kind: "aborted",
      cause: "enough",
    });
  });
});

describe("a credential of an untyped program", () => {
  it("that is null is none", async () => {
    const emulator = await emulate();
    const client = new ResponsesClient({ ...clientOptions(emulator.url), auth: giving(null, null) });
    await (await client.stream(REQUEST)).collect();
    expect(emulator.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it.each([
    ["bearerToken", giving({})],
    ["accountId", giving("token", 42)],
  ])("that is no text is a build error: %s", async (name, auth) => {
    const client = new ResponsesClient({ ...clientOptions("http://127.0.0.1:9/v1"), auth });
    const error = await errorOf(client.stream(REQUEST));
    expect(error.kind).toBe("build");
    expect(error.message).toContain(name);
  });
});

describe("one signal for many requests at once", () => {
  it("is no leak to warn of", async () => {
    const emulator = await emulate();
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const client = new ResponsesClient(clientOptions(emulator.url));
    const { signal } = new AbortController();
    const streams = Array.from({ length: 30 }, async () => (await client.stream(REQUEST, { signal })).collect());
    await Promise.all(streams);
    expect(warnings).toEqual([]);
  });
});
