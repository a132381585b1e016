import {
  CodexApi,
  type CodexApiOptions,
  type ResponsesRequest,
  type ResponsesSession,
  type SessionOptions,
} from "../index.ts";

/** How the adapters reach the service: the options of a `CodexApi` and of its sessions. All have defaults. */
export interface LineOptions extends CodexApiOptions, SessionOptions {}

/** Fields for every request of a model or provider, in wire names. */
export type RequestDefaults = Partial<Omit<ResponsesRequest, "model" | "input" | "tools">>;

/** One connection pool and one set of credentials, and the sessions that use them. */
export interface Line {
  open(): ResponsesSession;
  close(): Promise<void>;
}

/** @throws The errors of `new CodexApi`: there is no key, or an option is invalid. */
export function openLine(options: LineOptions): Line {
  const { conversationId, sessionSource, carrier, compression, frameCompression, headers, ...rest } = options;
  const { maxConnectionAgeMs, maxFrameBytes, maxConnections, ...apiOptions } = rest;
  const api = new CodexApi(apiOptions);
  const session = {
    conversationId,
    sessionSource,
    carrier,
    compression,
    frameCompression,
    headers,
    maxConnectionAgeMs,
    maxFrameBytes,
    maxConnections,
  };
  return { open: () => api.session(session), close: () => api.close() };
}
