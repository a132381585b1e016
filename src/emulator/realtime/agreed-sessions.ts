import { BoundedMap } from "../bounded-map.ts";
import { bearerIn } from "../callers.ts";
import type { Fields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { ServiceError } from "../service-error.ts";

const MOST_KEPT = 1_000;

/** Sessions that were set up before a client connects to them: by a call, or by a client secret. */
export class AgreedSessions {
  readonly #ofCalls = new BoundedMap<string, Fields>(MOST_KEPT);
  readonly #ofSecrets = new BoundedMap<string, Fields>(MOST_KEPT);

  callOpened(callId: string, session: Fields): void {
    this.#ofCalls.set(callId, session);
  }

  /** @throws {@link ServiceError} 404 if there is no such call, or it is over. */
  callEnded(callId: string): void {
    if (!this.#ofCalls.delete(callId)) throw callNotFound();
  }

  secretGiven(secret: string, session: Fields): void {
    this.#ofSecrets.set(secret, session);
  }

  /**
   * The session that a handshake joins; undefined if it names no call and has no known secret.
   *
   * @throws {@link ServiceError} 404 for an unknown call.
   */
  find({ path, headers }: Pick<RecordedRequest, "path" | "headers">): Fields | undefined {
    const callId = callIdIn(path);
    if (callId !== undefined && !this.#ofCalls.has(callId)) throw callNotFound();
    return this.#ofCalls.get(callId ?? "") ?? this.#ofSecrets.get(bearerIn(headers) ?? "");
  }
}

/** `/realtime?call_id=…`, or `/live/…`, which Codex uses since 0.145. */
function callIdIn(path: string): string | undefined {
  const { pathname, searchParams } = new URL(path, "http://emulator");
  return searchParams.get("call_id") ?? /\/live\/([^/]+)$/.exec(pathname)?.[1];
}

/** The wording is from `openai/codex#35094`. */
function callNotFound(): ServiceError {
  return new ServiceError(404, { message: "No session found for the provided call_id", code: "call_id_not_found" });
}
