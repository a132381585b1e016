import { BuildError } from "../../client/failure/kinds.ts";
import { type ProviderConfig, withoutUserInfo } from "../provider.ts";
import { protocolOf } from "./protocol/protocols.ts";
import type { RealtimeSessionConfig } from "./settings.ts";

const SCHEMES: ReadonlyMap<string, string> = new Map([
  ["http:", "ws:"],
  ["https:", "wss:"],
  ["ws:", "ws:"],
  ["wss:", "wss:"],
]);

/**
 * The URL of the session. An empty path or `/v1` becomes `/v1/realtime`; a path that ends in `/realtime`, or any other, is kept.
 *
 * @throws {@link BuildError} The base URL is invalid or has another scheme.
 */
export function realtimeUrl(provider: ProviderConfig, config: RealtimeSessionConfig): string {
  const base = parseBase(provider.baseUrl.trim());
  // Concatenated as text: the base URL's own query must be sent unchanged.
  const address = `${SCHEMES.get(base.protocol)}//${base.host}${pathOf(base.pathname)}`;
  const query = [base.search.slice(1), appended(provider, config)].filter((part) => part !== "").join("&");
  return query === "" ? address : `${address}?${query}`;
}

function parseBase(text: string): URL {
  if (!URL.canParse(text)) {
    const [shown = ""] = text.split("?", 1);
    throw new BuildError(
      `failed to parse realtime api_url: ${JSON.stringify(withoutUserInfo(shown))} is not a URL; it looks like https://api.openai.com/v1`,
    );
  }
  const base = new URL(text);
  if (!SCHEMES.has(base.protocol)) {
    throw new BuildError(`unsupported realtime api_url scheme: ${base.protocol.slice(0, -1)}`);
  }
  return base;
}

function pathOf(path: string): string {
  if (path === "/") return "/v1/realtime";
  if (path.endsWith("/realtime/")) return path.replace(/\/+$/, "");
  if (path.endsWith("/v1")) return `${path}/realtime`;
  if (path.endsWith("/v1/")) return `${path}realtime`;
  return path;
}

/** A call has a model already, and the protocol determines `intent`. */
function appended(provider: ProviderConfig, config: RealtimeSessionConfig): string {
  const { callId } = config;
  const intent = protocolOf(config).intentOf(config);
  // The service accepts one or the other; the model of a transcription is part of the session's settings.
  const model = intent === "transcription" ? undefined : config.model;
  const parameters = new URLSearchParams();
  if (intent !== undefined && (callId === undefined || intent !== "transcription")) parameters.append("intent", intent);
  if (model !== undefined && callId === undefined) parameters.append("model", model);
  for (const [name, value] of Object.entries(provider.queryParams ?? {})) {
    if (name === "intent" || (name === "model" && (config.model !== undefined || callId !== undefined))) continue;
    parameters.append(name, value);
  }
  if (callId !== undefined) parameters.append("call_id", callId);
  return parameters.toString();
}
