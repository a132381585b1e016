import { setMaxListeners } from "node:events";

const LEFT = new Error("the client is gone"); // shared: creating a reason for each costs more than the rest of an abort

/** Whether a client has left, and a signal for it. The signal is created only when needed, because most answers are over before. */
export class Departure {
  #controller: AbortController | undefined;
  #hasHappened = false;

  get hasHappened(): boolean {
    return this.#hasHappened;
  }

  get signal(): AbortSignal {
    this.#controller ??= newController();
    if (this.#hasHappened) this.#controller.abort(LEFT);
    return this.#controller.signal;
  }

  happened(): void {
    this.#hasHappened = true;
    this.#controller?.abort(LEFT);
  }
}

/** All answers on a connection wait with its signal: so many listeners are no leak. */
function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
