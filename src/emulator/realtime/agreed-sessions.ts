import { BoundedMap } from "../bounded-map.ts";
import type { Fields } from "../fields.ts";

const MOST_KEPT = 1_000;

/** Sessions that were agreed before anybody connects to them: with a call, or with a client secret. */
export class AgreedSessions {
  readonly #ofCalls = new BoundedMap<string, Fields>(MOST_KEPT);
  readonly #ofSecrets = new BoundedMap<string, Fields>(MOST_KEPT);

  callOpened(callId: string, session: Fields): void {
    this.#ofCalls.set(callId, session);
  }

  /** @returns False where there is no such call, or none any more. */
  callEnded(callId: string): boolean {
    return this.#ofCalls.delete(callId);
  }

  secretGiven(secret: string, session: Fields): void {
    this.#ofSecrets.set(secret, session);
  }

  /** What a handshake finds; nothing where it names no call and has no secret, or one that is not known. */
  find(callId: string | null, authorization: string | undefined): Fields | undefined {
    const secret = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
    return this.#ofCalls.get(callId ?? "") ?? this.#ofSecrets.get(secret ?? "");
  }
}
