import type { Dialer } from "../../client/route/index.ts";

/** A dialer that can be made anew under those who hold it. */
export class ReloadableDialer implements Dialer {
  readonly #make: () => Dialer;
  #current: Dialer;

  /** @throws What `make` throws. */
  constructor(make: () => Dialer) {
    this.#make = make;
    this.#current = make();
  }

  /** @throws What `make` throws; then the dialer of before stays. */
  reload(): void {
    this.#current = this.#make();
  }

  readonly route: Dialer["route"] = (url) => this.#current.route(url);
  readonly dial: Dialer["dial"] = (target, limits) => this.#current.dial(target, limits);
  readonly forward: Dialer["forward"] = (url) => this.#current.forward(url);
  readonly proxySecrets: Dialer["proxySecrets"] = (url) => this.#current.proxySecrets(url);
  readonly explain: Dialer["explain"] = (error, url) => this.#current.explain(error, url);
}
