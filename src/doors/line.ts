import { CodexApi, type CodexApiOptions, type ResponsesSession, type SessionOptions } from "../index.ts";

/** How the doors reach the service: what a `CodexApi` is made of, and its sessions. Everything has a default. */
export interface LineOptions extends CodexApiOptions, SessionOptions {}

/** One connection pool and one set of credentials, and the sessions above them. */
export interface Line {
  open(): ResponsesSession;
  close(): Promise<void>;
}

/** @throws What the constructor of `CodexApi` throws: there is no key, or an option is unusable. */
export function openLine(options: LineOptions): Line {
  const { conversationId, sessionSource, carrier, compression, frameCompression, headers, ...rest } = options;
  const { maxConnectionAgeMs, maxFrameBytes, maxConnections, ...apiOptions } = rest;
  const api = new CodexApi(apiOptions);
  const session = {
    ...{ conversationId, sessionSource, carrier, compression, frameCompression, headers },
    ...{ maxConnectionAgeMs, maxFrameBytes, maxConnections },
  };
  return { open: () => api.session(session), close: () => api.close() };
}
