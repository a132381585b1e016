/** One request as it arrived: an HTTP request, a WebSocket handshake or one frame on a WebSocket. */
export interface RecordedRequest {
  readonly kind: "http" | "handshake" | "frame";
  /** A frame has the method, path and headers of its handshake. */
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  /** Lower-case names; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values as sent, in wire order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  /** After content decoding. Empty when it could not be decoded, and for a file upload of more than 1 MiB. */
  readonly body: Uint8Array;
  /** The body's size on the wire, before content decoding; for a frame its payload. */
  readonly wireBytes: number;
  /** The body parsed, undefined when it is empty or no JSON. */
  readonly json: unknown;
  /** Which TCP connection it came over, counted from 1. */
  readonly connection: number;
  /** Which exchange of `traffic` it is, or belongs to: a frame has that of its connection. */
  readonly exchange: number;
}

const DEFAULT_RECORD_LIMIT = 1000;
const MAX_RECORDED_BYTES = 64 * 1024 * 1024;

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** What the emulator saw, and a way to wait for it. Old requests are dropped past a count and past 64 MiB of bodies. */
export class Recording {
  readonly requests: RecordedRequest[] = [];
  readonly #limit: number;
  readonly #waiters = new Set<Waiter>();
  #bytes = 0;
  #arrived = 0;
  #taken = 0;
  #closedResponses = 0;
  #closedWebSockets = 0;
  #isClosed = false;

  constructor(limit = DEFAULT_RECORD_LIMIT) {
    this.#limit = limit;
  }

  add(request: RecordedRequest): void {
    this.requests.push(request);
    this.#arrived += 1;
    this.#bytes += request.body.length;
    while (this.requests.length > this.#limit || (this.#bytes > MAX_RECORDED_BYTES && this.requests.length > 1)) {
      this.#bytes -= this.requests.shift()?.body.length ?? 0;
    }
    this.#wake();
  }

  responseClosed(): void {
    this.#closedResponses += 1;
    this.#wake();
  }

  websocketClosed(): void {
    this.#closedWebSockets += 1;
    this.#wake();
  }

  async nextRequest(): Promise<RecordedRequest> {
    const index = this.#taken++;
    await this.#until(() => this.#arrived > index);
    const request = this.requests[index - (this.#arrived - this.requests.length)];
    if (!request)
      throw new Error(`request ${index + 1} was dropped: the emulator keeps the last ${this.#limit} (recordLimit)`);
    return request;
  }

  waitForClosedResponses(count: number): Promise<void> {
    return this.#until(() => this.#closedResponses >= count);
  }

  waitForClosedWebSockets(count: number): Promise<void> {
    return this.#until(() => this.#closedWebSockets >= count);
  }

  /** Whoever still waits is told that nothing more will come. */
  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters) waiter.reject(closedError());
    this.#waiters.clear();
  }

  async #until(isDone: () => boolean): Promise<void> {
    if (isDone()) return;
    if (this.#isClosed) throw closedError();
    await new Promise<void>((resolve, reject) => {
      this.#waiters.add({ isDone, resolve, reject });
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isDone()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

function closedError(): Error {
  return new Error("the emulator was closed while something waited for it");
}
