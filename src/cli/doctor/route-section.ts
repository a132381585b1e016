import type { Dialer, Route } from "../../client/route/index.ts";
import type { Finding, Section } from "./findings.ts";

/** Which proxy HTTP and WebSocket take, and which variable says so. */
export function examineRoutes(dialer: Dialer, httpUrl: string, websocketUrl: string): Section {
  return {
    title: "Route (proxy)",
    findings: [httpUrl, websocketUrl].map((url): Finding => {
      const { protocol } = new URL(url);
      return { check: protocol.slice(0, -1), outcome: "ok", text: describeRoute(dialer.route(url)) };
    }),
  };
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
    case "disabled":
      return "direct: proxies are switched off";
  }
}
