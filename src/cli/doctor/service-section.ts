import {
  blankerOf,
  blankHeaders,
  bodyExcerpt,
  type ConnectWebSocketOptions,
  connectWebSocket,
  type HttpFields,
  type HttpRequest,
} from "../../client/index.ts";
import { HttpError, type HttpTransport, NetworkError, ProtocolError } from "../../index.ts";
import type { ConnectionResult } from "./connection-section.ts";
import type { Finding, Outcome } from "./findings.ts";

/** What an answer says about the connection to the service; `error` is set if every request would fail like this one. */
interface Judgement extends Pick<Finding, "outcome" | "text" | "details"> {
  readonly error?: unknown;
}

/** The service's answer over HTTP. No credentials are sent, so nothing is billed and no secret leaks. */
export async function examineHttp(transport: HttpTransport, request: HttpRequest): Promise<ConnectionResult> {
  return examine("HTTP", request.method, async () => {
    try {
      const { status, headers, body, blank = blankerOf(request) } = await transport.execute(request);
      return judgeAnswer({ status, headers: blankHeaders(headers, blank), body: blank(Buffer.from(body).toString()) });
    } catch (error) {
      if (error instanceof HttpError) return judgeAnswer(error);
      throw error;
    }
  });
}

/** Whether a WebSocket works: many proxies pass HTTP and block the upgrade. A refusal by the service itself proves that it works. */
export async function examineWebSocket(url: string, options: ConnectWebSocketOptions): Promise<ConnectionResult> {
  return examine("WebSocket", "upgrade", async () => {
    try {
      const connection = await connectWebSocket(url, options);
      connection.terminate();
      return found("ok", "101: WebSockets get through");
    } catch (error) {
      if (error instanceof HttpError) return judgeRefusal(error);
      if (isRefusedTunnel(error)) return found("warning", `${error.message}; HTTP is used instead`);
      throw error;
    }
  });
}

async function examine(title: string, check: string, ask: () => Promise<Judgement>): Promise<ConnectionResult> {
  const startedAt = performance.now();
  const { error, ...judged } = await ask().catch(
    (error: Error): Judgement => ({ ...found("failed", error.message), error }),
  );
  const finding: Finding = { check, ...judged, durationMs: performance.now() - startedAt };
  return { section: { title, findings: [finding] }, error };
}

/** Judges the answer to a request for the models list without a key: most refusals prove as much as the list. */
function judgeAnswer(answer: HttpFields): Judgement {
  const { status } = answer;
  if (status === 401) return found("ok", "401: the service answers (it wants a key; none was sent)", answer);
  if (status === 404 || status === 405) {
    return found("warning", `${status}: no list of models here; check the base URL (OpenAI's ends in /v1)`, answer);
  }
  if (isHtml(answer)) {
    const text = `${status} with a web page: a captive portal, a proxy's page or a wrong base URL answers here`;
    return {
      ...found("failed", text, answer),
      error: status < 300 ? new ProtocolError(text) : new HttpError(text, answer),
    };
  }
  if (status >= 500) return found("warning", `${status}: a fault of the server or of a gateway before it`, answer);
  if (status >= 300 && status < 400) return found("warning", `${status}: requests are sent elsewhere`, answer);
  return found("ok", `${status}: the server answers`, answer);
}

function judgeRefusal(answer: HttpFields): Judgement {
  const { status } = answer;
  if (status === 401) return found("ok", "401: the service answers (it wants a key; none was sent)", answer);
  const who = isHtml(answer) ? "a web page answers" : "the server answers but takes no WebSocket here";
  return found("warning", `${status}: ${who}; HTTP is used instead`, answer);
}

/** HTTP worked before: its requests go to the proxy in absolute form, and only the WebSocket needs the tunnel. */
function isRefusedTunnel(error: unknown): error is NetworkError {
  return error instanceof NetworkError && error.phase === "proxy";
}

function found(outcome: Outcome, text: string, answer?: HttpFields): Judgement {
  return { outcome, text, details: answer && detailsOf(answer) };
}

function isHtml({ headers }: HttpFields): boolean {
  return /\bhtml\b/i.test(headers["content-type"] ?? "");
}

function detailsOf(answer: HttpFields): string[] {
  const { headers } = answer;
  const details = ["location", "server", "via", "x-request-id", "cf-ray"].flatMap((name) =>
    headers[name] ? [`${name}: ${headers[name]}`] : [],
  );
  return isHtml(answer) ? [`it says: ${bodyExcerpt(answer)}`, ...details] : details;
}
