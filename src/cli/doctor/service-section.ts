import { HttpError } from "../../client/errors.ts";
import type { HeaderMap } from "../../client/headers.ts";
import type { HttpTransport } from "../../client/transport.ts";
import { WebsocketConnection, type WebsocketOptions } from "../../client/websocket/index.ts";
import type { ConnectionResult } from "./connection-section.ts";
import type { Finding } from "./findings.ts";

/** What the service answers over HTTP. No credentials go along, so that nothing is used up and no secret leaves. */
export async function examineHttp(
  transport: HttpTransport,
  url: string,
  signal: AbortSignal,
): Promise<ConnectionResult> {
  return examine("HTTP", async () => {
    const answer = await transport.execute({ method: "GET", url, headers: {}, signal });
    return describeAnswer("GET", answer.status, answer.headers);
  });
}

/** Whether a WebSocket gets through: many proxies let HTTP pass and stop the upgrade. A refusal by the service itself proves that it does. */
export async function examineWebsocket(options: Omit<WebsocketOptions, "headers">): Promise<ConnectionResult> {
  return examine("WebSocket", async () => {
    const connection = await WebsocketConnection.open({ ...options, headers: {} });
    connection.terminate();
    return { check: "upgrade", outcome: "ok", text: "101: WebSockets get through" };
  });
}

async function examine(title: string, ask: () => Promise<Finding>): Promise<ConnectionResult> {
  const startedAt = performance.now();
  const { finding, error } = await ask().then(
    (finding) => ({ finding, error: undefined }),
    (error: unknown) => failure(title, error),
  );
  const durationMs = performance.now() - startedAt;
  return { section: { title, findings: [{ ...finding, durationMs }] }, error };
}

function failure(title: string, error: unknown): { readonly finding: Finding; readonly error: unknown } {
  const check = title === "HTTP" ? "GET" : "upgrade";
  if (error instanceof HttpError) {
    return { finding: describeAnswer(check, error.status, error.headers), error: undefined };
  }
  return { finding: { check, outcome: "failed", text: (error as Error).message }, error };
}

function describeAnswer(check: "GET" | "upgrade", status: number, headers: HeaderMap): Finding {
  const details = ["server", "via", "x-request-id", "cf-ray"].flatMap((name) =>
    headers[name] ? [`${name}: ${headers[name]}`] : [],
  );
  if (/\bhtml\b/i.test(headers["content-type"] ?? "")) {
    const text = `${status} with an HTML page: a captive portal, a proxy's page or a wrong base URL answers here`;
    return { check, outcome: "warning", text, details };
  }
  if (status === 401)
    return { check, outcome: "ok", text: "401: the service answers (it wants a key; none was sent)", details };
  if (check === "GET") return { check, outcome: "ok", text: `${status}: the server answers`, details };
  const text = `${status}: the server answers but takes no WebSocket here; HTTP is used instead`;
  return { check, outcome: "warning", text, details };
}
