const LEFT = new Error("the client is gone"); // one for all: a reason made for each costs more than the rest of an abort

/** That a client has left, and the signal of it, which is made when somebody wants to be told: most answers are over before anybody does. */
export class Departure {
  #controller: AbortController | undefined;
  #hasHappened = false;

  get hasHappened(): boolean {
    return this.#hasHappened;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#hasHappened) this.#controller.abort(LEFT);
    return this.#controller.signal;
  }

  happened(): void {
    this.#hasHappened = true;
    this.#controller?.abort(LEFT);
  }
}
