import { interruptFrame } from "./frames.ts";

/** How long, in milliseconds, the service has to end a response, from the moment the caller wants that. */
const END_MS = 2_000;

export interface InterruptionOptions {
  readonly send: (frame: string) => void;
  /** Called once, if the service refuses to end the response, or does not end it in time. */
  readonly onFailed: () => void;
}

/** Asks the service to end a response, as soon as the response's id is known, and gives up if it does not. */
export class Interruption {
  /** Resolves when the response has ended, or the service has failed to end it. */
  readonly over: Promise<void>;
  readonly #options: InterruptionOptions;
  readonly #timer: NodeJS.Timeout;
  #tellOver!: () => void;
  /** The response that the service was asked to end; undefined until then. */
  #asked: string | undefined;
  #isOpen = true;
  #hasFailed = false;

  constructor(options: InterruptionOptions) {
    this.#options = options;
    this.#timer = setTimeout(this.#fail, END_MS).unref();
    this.over = new Promise((resolve) => {
      this.#tellOver = resolve;
    });
  }

  /** True until the response has ended, or the service has failed to end it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Asks the service, once. @param responseId - Undefined while it is not known. */
  ask(responseId: string | undefined): void {
    if (responseId === undefined || this.#asked !== undefined || !this.#isOpen) return;
    this.#asked = responseId;
    this.#options.send(interruptFrame(responseId));
  }

  /** The service refused to end a response, perhaps this one. */
  refused(refusal: string): void {
    if (this.#isOpen && this.#asked !== undefined && refusal.includes(this.#asked)) this.#fail();
  }

  /** The response has ended, or its connection is closed. */
  end(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.#tellOver();
  }

  readonly #fail = (): void => {
    this.#isOpen = false;
    this.#hasFailed = true;
    this.#options.onFailed();
    this.end();
  };
}
