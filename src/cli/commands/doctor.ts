import {
  createDialer,
  createTrust,
  DEFAULT_CONNECT_TIMEOUT_MS,
  isTrustFailure,
  type Route,
  SMALL_GROUPS,
  safeUrl,
  UndiciTransport,
} from "../../client/index.ts";
import { AbortedError, endpointUrl, type Logger, NetworkError, TimeoutError, websocketUrl } from "../../index.ts";
import { commonOptions, serviceOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { examineConnection } from "../doctor/connection-section.ts";
import type { Finding, Report, Section } from "../doctor/findings.ts";
import { helpDeskParagraph } from "../doctor/help-desk.ts";
import { renderReport, reportToJson } from "../doctor/render.ts";
import { examineRoutes } from "../doctor/route-section.ts";
import { examineHttp, examineWebSocket } from "../doctor/service-section.ts";
import { examineTrust } from "../doctor/trust-section.ts";
import { ReportedError, UsageError } from "../failure.ts";
import { text, toggle, wholeNumber } from "../options.ts";
import { output } from "../output.ts";
import { chooseProvider } from "../service/connection.ts";
import { addressOf } from "../service/keys.ts";
import { columnsOf } from "../terminal/window.ts";

/** A list of models arrives at once; waiting five minutes, as for a model's answer, would not help a diagnosis. */
const DEFAULT_IDLE_TIMEOUT_MS = 30_000;

/** `codex-wire doctor`: prints a report, then throws the first failure. */
export const doctor = defineCommand({
  name: "doctor",
  argument: "URL",
  isArgumentOptional: true,
  about: `Explains how URL (default: the provider's base URL) would be reached: which variable chose the CA bundle and what is in it, which proxy is
used and why, then name resolution, TCP, proxy, TLS, HTTP and WebSocket in turn, each with its time. It changes nothing, sends no key and
prints no secret. The exit status is that of the first failure.`,
  commonOptions,
  examples: [
    ["codex-wire doctor", "the connection to the API"],
    ["codex-wire doctor https://gateway.example/v1 --json > report.json", "a report to send to a help desk"],
  ],
  options: {
    baseUrl: text("URL", "the same as the argument"),
    provider: serviceOptions.provider,
    connectTimeoutMs: serviceOptions.connectTimeoutMs,
    idleTimeoutMs: wholeNumber(`longest wait for an answer; default ${DEFAULT_IDLE_TIMEOUT_MS}`),
    json: toggle('the report as one line; after a failure the last line is {"type":"error",…}'),
  },
  async run({ argument, values, logger, signal }) {
    if (argument !== undefined && values.baseUrl !== undefined)
      throw new UsageError("give a URL or --base-url URL, not both");
    const provider = chooseProvider(values, argument ?? addressOf(values).url, undefined);
    const examined = await examine({
      url: endpointUrl(provider, "models"),
      websocketUrl: websocketUrl(provider, "responses"),
      connectTimeoutMs: values.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
      idleTimeoutMs: values.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      logger,
      signal,
    });
    const situation = { route: examined.route, now: Date.now(), platform: process.platform };
    const report = { ...examined, helpDesk: helpDeskParagraph(examined, situation) };
    if (signal.aborted) throw new AbortedError(signal.reason); // no check of the report has failed
    await (values.json
      ? output.writeJson(reportToJson(report))
      : output.write(renderReport(report, columnsOf(process.stdout))));
    if (report.error !== undefined) throw new ReportedError(report.error);
  },
});

/** The handshake was reset or never answered: the size of its first message may be the reason. */
function isTlsSilence(error: unknown): boolean {
  if (error instanceof TimeoutError) return error.phase === "connect";
  return error instanceof NetworkError && error.phase === "tls" && !isTrustFailure(error);
}

interface Examination {
  readonly url: string;
  readonly websocketUrl: string;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

async function examine(examination: Examination): Promise<Report & { readonly route: Route | undefined }> {
  const { url: fullUrl, websocketUrl, connectTimeoutMs, idleTimeoutMs, logger, signal } = examination;
  const url = safeUrl(fullUrl); // reports are shared with others
  const { section, trust, error } = examineTrust(process.env);
  const sections: Section[] = [section];
  if (!trust) return { url, sections, error, route: undefined };

  const routes = examineRoutes({ trust, env: process.env, logger }, [fullUrl, websocketUrl]);
  const { dialer } = routes;
  sections.push(routes.section);
  if (!dialer) return { url, sections, error: routes.error, route: undefined };
  const route = dialer.route(fullUrl);

  const connection = await examineConnection({ url: fullUrl, trust, dialer, timeoutMs: connectTimeoutMs, signal });
  sections.push(connection.section);
  if (connection.error !== undefined) {
    if (trust.silenceHint() !== undefined && isTlsSilence(connection.error)) {
      const small = createTrust({ env: process.env, groups: SMALL_GROUPS });
      const again = { url: fullUrl, trust: small, timeoutMs: connectTimeoutMs, signal };
      const dialerOfSmall = createDialer({ trust: small, env: process.env, logger });
      const { section: tried, error: stillFails } = await examineConnection({ ...again, dialer: dialerOfSmall });
      const verdict =
        stillFails === undefined
          ? `works with the key exchange groups ${SMALL_GROUPS}: something in between drops a ClientHello that takes two packets`
          : "fails with a small ClientHello too: its size is not the cause";
      const finding: Finding = { check: "small ClientHello", outcome: "warning", text: verdict };
      sections.push({ title: `${tried.title}, with a small ClientHello`, findings: [...tried.findings, finding] });
    }
    return { url, sections, error: connection.error, route };
  }

  const transport = new UndiciTransport({ dialer, connectTimeoutMs, maxRedirects: 0, logger });
  try {
    const timeouts = { headersMs: idleTimeoutMs };
    const http = await examineHttp(transport, { method: "GET", url: fullUrl, headers: {}, timeouts, signal });
    const upgrade = await examineWebSocket(websocketUrl, { connectTimeoutMs, logger, signal });
    sections.push(http.section, upgrade.section);
    return { url, sections, error: http.error ?? upgrade.error, route };
  } finally {
    await transport.close();
  }
}
