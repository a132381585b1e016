import type { Dialer } from "../../client/route/index.ts";

/** A dialer that can be replaced while others hold it. */
export class ReloadableDialer implements Dialer {
  readonly #make: () => Dialer;
  #current: Dialer;

  /** @throws The errors of `make`. */
  constructor(make: () => Dialer) {
    this.#make = make;
    this.#current = make();
  }

  /** @throws The errors of `make`; then the dialer is kept. */
  reload(): void {
    this.#current = this.#make();
  }

  readonly route: Dialer["route"] = (url) => this.#current.route(url);
  readonly dial: Dialer["dial"] = (target, limits) => this.#current.dial(target, limits);
  readonly forward: Dialer["forward"] = (url) => this.#current.forward(url);
  readonly proxySecrets: Dialer["proxySecrets"] = (url) => this.#current.proxySecrets(url);
  readonly explain: Dialer["explain"] = (error, url) => this.#current.explain(error, url);
}
