import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFetch } from "../../src/client/interop/index.ts";
import { cert, certPath } from "../support/certs.ts";
import { installed } from "./installed.ts";
import { behindProxy, causes } from "./secured.ts";

interface Endpoint {
  connect(transport: object): Promise<void>;
  close(): Promise<void>;
}

interface McpClient extends Endpoint {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  callTool(
    call: object,
    schema?: object,
    options?: { readonly onprogress: (progress: { readonly progress: number }) => void },
  ): Promise<{ readonly content: unknown }>;
}

interface CallExtra {
  readonly _meta?: { readonly progressToken?: string | number };
  sendNotification(notification: object): Promise<void>;
}

interface McpServer extends Endpoint {
  setRequestHandler(schema: object, handler: (request: never, extra: CallExtra) => unknown): void;
}

const { Client } = installed<{ readonly Client: new (info: object) => McpClient }>(
  "@modelcontextprotocol/sdk/client/index.js",
);
const { StreamableHTTPClientTransport } = installed<{
  readonly StreamableHTTPClientTransport: new (url: URL, options: { readonly fetch: typeof fetch }) => object;
}>("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { Server } = installed<{ readonly Server: new (info: object, options: object) => McpServer }>(
  "@modelcontextprotocol/sdk/server/index.js",
);
const { StreamableHTTPServerTransport } = installed<{
  readonly StreamableHTTPServerTransport: new (
    options: object,
  ) => { handleRequest(request: object, response: object): Promise<void> };
}>("@modelcontextprotocol/sdk/server/streamableHttp.js");
const { ListToolsRequestSchema, CallToolRequestSchema } = installed<Readonly<Record<string, object>>>(
  "@modelcontextprotocol/sdk/types.js",
);

/** The SDK's own server with one tool, on TLS with a fixture's certificate. The tool ends when its progress was noticed. */
async function serveTool(): Promise<{ readonly url: URL; noticed(): void }> {
  let noticed = (): void => {};
  const isNoticed = new Promise<void>((resolve) => {
    noticed = resolve;
  });
  const server = new Server({ name: "tools", version: "1.0.0" }, { capabilities: { tools: {} } });
  const tool = { name: "greet", description: "Says hello.", inputSchema: { type: "object" } };
  server.setRequestHandler(ListToolsRequestSchema!, () => ({ tools: [tool] }));
  server.setRequestHandler(CallToolRequestSchema!, async (_request, { _meta, sendNotification }) => {
    const params = { progressToken: _meta?.progressToken, progress: 1 };
    await sendNotification({ method: "notifications/progress", params });
    await isNoticed;
    return { content: [{ type: "text", text: "hello" }] };
  });
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => "session-1" });
  await server.connect(transport);
  const listener = createServer({ cert: cert("server.pem"), key: cert("server.key") }, (request, response) => {
    transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await server.close();
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
  });
  return { url: new URL(`https://localhost:${(listener.address() as AddressInfo).port}/mcp`), noticed };
}

async function connectClient(url: URL, env: Readonly<Record<string, string>>): Promise<McpClient> {
  const client = new Client({ name: "test", version: "1.0.0" });
  onTestFinished(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: createFetch({ env }) }));
  return client;
}

describe("an MCP client over streamable HTTP with createFetch", () => {
  it("calls a tool through a proxy on a server of a private authority, and hears of its progress meanwhile", async () => {
    const { url, noticed } = await serveTool();
    const { proxy, env } = await behindProxy();
    const client = await connectClient(url, { ...env, CODEX_CA_CERTIFICATE: certPath("root.pem") });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["greet"]);
    const { content } = await client.callTool({ name: "greet", arguments: {} }, undefined, { onprogress: noticed });
    expect(content).toEqual([{ type: "text", text: "hello" }]);
    expect(new Set(proxy.connects.map(({ target }) => target))).toEqual(new Set([url.host]));
  });

  it("without the authority fails with the policy's words", async () => {
    const { url } = await serveTool();
    const { env } = await behindProxy();
    const error = await connectClient(url, env).catch((caught: unknown) => caught);
    expect(causes(error)).toContainEqual(
      expect.objectContaining({
        phase: "tls",
        message: expect.stringMatching(/^TLS certificate of localhost refused/),
      }),
    );
  });
});
