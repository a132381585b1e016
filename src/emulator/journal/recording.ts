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
  /** After content decoding. Empty if it could not be decoded, and for a file upload of more than 1 MiB. */
  readonly body: Uint8Array;
  /** Size of the body on the wire, before content decoding; for a frame, of its payload. */
  readonly wireBytes: number;
  /** The parsed body; undefined if it is empty or not JSON. */
  readonly json: unknown;
  /** Number of its TCP connection, from 1. */
  readonly connection: number;
  /** Number of its exchange in `traffic`; a frame has that of its connection. */
  readonly exchange: number;
}

const DEFAULT_RECORD_LIMIT = 1000;
const MAX_RECORDED_BYTES = 64 * 1024 * 1024;

interface Waiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** The requests that the emulator got, and a way to wait for one. Old requests are dropped above a number, and above 64 MiB of bodies. */
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

  /** Tells waiting callers that nothing more will come. */
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
