import {
  apiKeyAuth,
  BuildError,
  openaiProvider,
  ResponsesSession,
  type ResponsesSessionOptions,
  type SessionCallOptions,
} from "../index.ts";

/** How the doors reach the service. Everything has a default. */
export interface LineOptions extends Omit<ResponsesSessionOptions, "provider" | "auth"> {
  /** Default: OpenAI, at `OPENAI_BASE_URL` where that is set. */
  readonly provider?: ResponsesSessionOptions["provider"] | undefined;
  /** Default: the key in `OPENAI_API_KEY`. */
  readonly auth?: ResponsesSessionOptions["auth"] | undefined;
}

/** What a door asks of a call beside its request: everything that the events can tell. */
export const TELL_ALL = { incomplete: "end", wireEvents: true, laterEvents: true } satisfies SessionCallOptions;

/** Makes one session after another over one line. @throws {@link BuildError} There is no key. */
export function sessionOpener(options: LineOptions): () => ResponsesSession {
  const provider = options.provider ?? openaiProvider({ baseUrl: process.env.OPENAI_BASE_URL?.trim() || undefined });
  const auth = options.auth ?? keyAuth();
  return () => new ResponsesSession({ ...options, provider, auth });
}

function keyAuth() {
  const key = process.env.OPENAI_API_KEY?.trim();
  if (!key) throw new BuildError("no key: set OPENAI_API_KEY, or give auth: apiKeyAuth(key), codexAuth() or noAuth()");
  return apiKeyAuth(key);
}
