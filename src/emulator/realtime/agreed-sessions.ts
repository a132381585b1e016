import { BoundedMap } from "../bounded-map.ts";
import { bearerIn } from "../callers.ts";
import type { Fields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import { ServiceError } from "../service-error.ts";

const MOST_KEPT = 1_000;

/** Sessions that were agreed before anybody connects to them: with a call, or with a client secret. */
export class AgreedSessions {
  readonly #ofCalls = new BoundedMap<string, Fields>(MOST_KEPT);
  readonly #ofSecrets = new BoundedMap<string, Fields>(MOST_KEPT);

  callOpened(callId: string, session: Fields): void {
    this.#ofCalls.set(callId, session);
  }

  /** @throws {@link ServiceError} 404 where there is no such call, or none any more. */
  callEnded(callId: string): void {
    if (!this.#ofCalls.delete(callId)) throw callNotFound();
  }

  secretGiven(secret: string, session: Fields): void {
    this.#ofSecrets.set(secret, session);
  }

  /**
   * What a handshake finds; nothing where it names no call and has no secret, or a secret that is not known.
   *
   * @throws {@link ServiceError} 404 for a call that is not there.
   */
  find({ path, headers }: Pick<RecordedRequest, "path" | "headers">): Fields | undefined {
    const callId = callIdIn(path);
    if (callId !== undefined && !this.#ofCalls.has(callId)) throw callNotFound();
    return this.#ofCalls.get(callId ?? "") ?? this.#ofSecrets.get(bearerIn(headers) ?? "");
  }
}

/** `/realtime?call_id=…`, or `/live/…`, where Codex joins a call since 0.145. */
function callIdIn(path: string): string | undefined {
  const { pathname, searchParams } = new URL(path, "http://emulator");
  return searchParams.get("call_id") ?? /\/live\/([^/]+)$/.exec(pathname)?.[1];
}

/** As `openai/codex#35094` has it. */
function callNotFound(): ServiceError {
  return new ServiceError(404, { message: "No session found for the provided call_id", code: "call_id_not_found" });
}
