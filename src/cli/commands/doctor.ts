import { endpointUrl, websocketUrl } from "../../api/provider.ts";
import { UndiciTransport } from "../../client/http/undici-transport.ts";
import { createDialer, DEFAULT_CONNECT_TIMEOUT_MS } from "../../client/route/index.ts";
import { serviceOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { chooseProvider } from "../connection.ts";
import { examineConnection } from "../doctor/connection-section.ts";
import type { Report, Section } from "../doctor/findings.ts";
import { renderReport, reportToJson } from "../doctor/render.ts";
import { examineRoutes } from "../doctor/route-section.ts";
import { examineHttp, examineWebsocket } from "../doctor/service-section.ts";
import { examineTrust } from "../doctor/trust-section.ts";
import { text, toggle } from "../options.ts";
import { output } from "../output.ts";
import { ReportedError } from "../reported-error.ts";

/** `codex-api doctor`: throws the first failure after the report was printed, for the exit status alone. */
export const doctor = defineCommand({
  name: "doctor",
  argument: "URL",
  about: `Explains how URL (default: the provider's base URL) would be reached: which variable chose the CA bundle and what is in it, which proxy is
used and why, then name resolution, TCP, proxy, TLS, HTTP and WebSocket in turn, each with its time. It changes nothing, sends no key and
prints no secret. The exit status is that of the first failure.`,
  options: {
    baseUrl: text("URL", "the same as the argument"),
    provider: serviceOptions.provider,
    connectTimeoutMs: serviceOptions.connectTimeoutMs,
    json: toggle("the report as one line of JSON"),
  },
  async run({ argument, values, signal }) {
    const baseUrl = argument ?? values.baseUrl ?? process.env.OPENAI_BASE_URL?.trim();
    const provider = chooseProvider(values, baseUrl === "" ? undefined : baseUrl, undefined);
    const url = endpointUrl(provider, "models");
    const websocket = websocketUrl(provider, "responses");
    const report = await examine(url, websocket, values.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS, signal);
    await (values.json ? output.writeJson(reportToJson(report)) : output.write(renderReport(report)));
    if (report.error !== undefined) throw new ReportedError(report.error);
  },
});

async function examine(url: string, websocket: string, timeoutMs: number, signal: AbortSignal): Promise<Report> {
  const { section, trust, error } = examineTrust(process.env);
  const sections: Section[] = [section];
  if (!trust) return { url, sections, error };

  const dialer = createDialer({ trust, env: process.env });
  sections.push(examineRoutes(dialer, url, websocket));
  const connection = await examineConnection({ url, trust, dialer, timeoutMs, signal });
  sections.push(connection.section);
  if (connection.error !== undefined) return { url, sections, error: connection.error };

  const transport = new UndiciTransport({ dialer, connectTimeoutMs: timeoutMs, maxRedirects: 0 });
  try {
    const http = await examineHttp(transport, url, signal);
    const upgrade = await examineWebsocket({ url: websocket, dialer, connectTimeoutMs: timeoutMs, signal });
    sections.push(http.section, upgrade.section);
    return { url, sections, error: http.error ?? upgrade.error };
  } finally {
    await transport.close();
  }
}
