import type { Dispatcher } from "undici";
import { isCredentialName } from "../../secrets/index.ts";
import { REDIRECTS, unencryptedRedirect } from "../http/redirect.ts";
import { safeUrl } from "../observe/redact.ts";

type Handler = Dispatcher.DispatchHandler;

/**
 * `dispatcher`, for one call of a `fetch` that follows redirects by itself: a redirect from https to http becomes an error, because the next
 * request would be sent unencrypted, with the body. A redirect to another origin loses every header whose name says that it is a credential:
 * the standard removes only `authorization`, `proxy-authorization` and `cookie`, and keys are sent as `api-key` too.
 */
export function stayingSecure(dispatcher: Dispatcher): Dispatcher {
  let first: string | undefined;
  return dispatcher.compose((dispatch) => (request, handler) => {
    const origin = String(request.origin ?? "");
    first ??= origin;
    const sent = origin === first ? request : { ...request, headers: withoutCredentials(request.headers) };
    return dispatch(sent, origin.startsWith("https:") ? new SecureRedirects(handler, origin) : handler);
  });
}

/** Of the headers as undici's `fetch` gives them. */
function withoutCredentials(headers: Dispatcher.DispatchOptions["headers"]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !isCredentialName(name)));
}

/** Passes on everything except such a redirect. In undici's older handler form, which `fetch` uses. */
class SecureRedirects implements Handler {
  readonly #handler: Handler;
  readonly #origin: string;
  #abort: ((error: Error) => void) | undefined;

  constructor(handler: Handler, origin: string) {
    this.#handler = handler;
    this.#origin = origin;
  }

  onConnect(...args: Parameters<NonNullable<Handler["onConnect"]>>): void {
    [this.#abort] = args;
    this.#handler.onConnect?.(...args);
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void, statusText: string): boolean {
    const target = REDIRECTS.has(status) ? locationIn(headers, this.#origin) : undefined;
    if (target?.protocol === "http:") {
      const answer = `HTTP ${status} from ${this.#origin}`;
      const advice = '; use the final address, or redirect: "manual"';
      this.#abort?.(unencryptedRedirect(answer, safeUrl(target.origin), advice));
      return false;
    }
    return this.#handler.onHeaders?.(status, headers, resume, statusText) ?? true;
  }

  onData(chunk: Buffer): boolean {
    return this.#handler.onData?.(chunk) ?? true;
  }

  onUpgrade(...args: Parameters<NonNullable<Handler["onUpgrade"]>>): void {
    this.#handler.onUpgrade?.(...args);
  }

  onComplete(trailers: string[] | null): void {
    this.#handler.onComplete?.(trailers);
  }

  onError(error: Error): void {
    this.#handler.onError?.(error);
  }
}

function locationIn(headers: readonly Buffer[], origin: string): URL | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toString("latin1").toLowerCase() !== "location") continue;
    const location = headers[index + 1]?.toString("latin1") ?? "";
    return URL.canParse(location, origin) ? new URL(location, origin) : undefined;
  }
  return undefined;
}
