import {
  createDialer,
  type Dialer,
  type DialerOptions,
  type LogFields,
  type Route,
  steadyLogger,
} from "../../client/index.ts";
import type { Finding, Section } from "./findings.ts";

export interface RouteResult {
  readonly section: Section;
  /** Undefined if a proxy setting is unusable. */
  readonly dialer: Dialer | undefined;
  readonly error: unknown;
}

/** Which proxy HTTP and WebSocket use, and which variable names it. */
export function examineRoutes(options: DialerOptions, urls: readonly string[]): RouteResult {
  const title = "Route (proxy)";
  try {
    const warnings: Finding[] = [];
    const warn = (fields: LogFields, message: string): void => {
      const details = Object.entries(fields).map(([name, value]) => `${name}: ${[value].flat().join(" ")}`);
      warnings.push({ check: "setting", outcome: "warning", text: message, details });
      options.logger?.warn(fields, message);
    };
    const logger = { ...steadyLogger(options.logger), warn };
    const dialer = createDialer({ ...options, logger });
    const findings = urls.map((url): Finding => {
      const { protocol } = new URL(url);
      return { check: protocol.slice(0, -1), outcome: "ok", text: describeRoute(dialer.route(url)) };
    });
    return { section: { title, findings: [...findings, ...warnings] }, dialer, error: undefined };
  } catch (error) {
    const finding: Finding = { check: "proxy setting", outcome: "failed", text: (error as Error).message };
    return { section: { title, findings: [finding] }, dialer: undefined, error };
  }
}

function describeRoute(route: Route): string {
  if (route.kind === "proxy") {
    const how = route.mode === "forward" ? "requests go to it in absolute form" : "through a tunnel";
    return `${route.proxy.toString()}, chosen by ${route.source}; ${how}`;
  }
  switch (route.why) {
    case "unset":
      return "direct: no proxy variable names a proxy for it";
    case "excluded":
      return `direct: ${JSON.stringify(route.entry)} in ${route.variable} excludes it from the proxy`;
    case "socket path":
      return "direct: a local socket";
    case "disabled":
      return "direct: proxies are switched off";
  }
}
