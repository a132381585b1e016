const LEFT = new Error("the client is gone"); // one for all: a reason made for each costs more than the rest of an abort

/** That a client has left, as a signal: made when somebody asks for it, since most answers are over before anybody has to. */
export class Departure {
  #controller: AbortController | undefined;
  #hasHappened = false;

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
