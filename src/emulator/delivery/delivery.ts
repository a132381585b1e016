import type { Departure } from "./departure.ts";
import type { Step, StepItems } from "./script.ts";

/** An answer that is being sent: an SSE body, or a response on a WebSocket. */
export interface Outlet {
  /** Knows whether the client has left or the emulator closes; every wait ends with that. */
  readonly gone: Departure;
  /** Frames one event; resolves when more can be written. */
  sendEvent(event: unknown): Promise<void>;
  /** Raw bytes, flushed on their own. */
  sendRaw(bytes: Uint8Array): Promise<void>;
  /** A custom frame; undefined on carriers without frames. */
  sendFrame?(frame: string | Uint8Array): Promise<void>;
  /** A comment or a ping. */
  sendKeepAlive(): void;
  /** Ends this answer properly. */
  finish(): void;
  /** Ends it as the step's `endAfterEvents` says: a finished body, or a close frame. */
  end(close: Step["close"]): void;
  /** FIN, without the rest of the answer. */
  terminate(): Promise<void>;
  /** RST. */
  reset(): Promise<void>;
}

/** Sends and ends the answer as the step says. Never rejects because the client left. */
export async function deliver(outlet: Outlet, step: Step): Promise<void> {
  const stopKeepAlive = keepAlive(outlet, step.keepAliveEveryMs);
  try {
    const ending = endingOf(step);
    const isWhole = await sendUpTo(ending?.after ?? Number.POSITIVE_INFINITY, outlet, step);
    if (outlet.gone.hasHappened || !isWhole) return;
    if (!ending) outlet.finish();
    else await ending.act(outlet);
  } finally {
    stopKeepAlive();
  }
}

interface Ending {
  readonly after: number;
  act(outlet: Outlet): void | Promise<void>;
}

function endingOf(step: Step): Ending | undefined {
  const { resetAfterEvents, terminateAfterEvents, endAfterEvents, stallAfterEvents, close } = step;
  if (resetAfterEvents !== undefined) return { after: resetAfterEvents, act: (outlet) => outlet.reset() };
  if (terminateAfterEvents !== undefined) return { after: terminateAfterEvents, act: (outlet) => outlet.terminate() };
  if (stallAfterEvents !== undefined) return { after: stallAfterEvents, act: (outlet) => fired(outlet.gone.signal) };
  if (endAfterEvents === undefined && close === undefined) return undefined;
  return { after: endAfterEvents ?? Number.POSITIVE_INFINITY, act: (outlet) => outlet.end(close) };
}

/** @returns false if the client left meanwhile. */
function sendUpTo(most: number, outlet: Outlet, step: Step): Promise<boolean> {
  if (step.raw !== undefined) {
    return each(chunksOf(step.raw), most, outlet.gone, (chunk) => outlet.sendRaw(Buffer.from(chunk)));
  }
  if (step.frames && outlet.sendFrame) {
    const sendFrame = outlet.sendFrame.bind(outlet);
    return each(step.frames, most, outlet.gone, sendFrame);
  }
  return each(step.events ?? [], most, outlet.gone, (event) => outlet.sendEvent(event));
}

async function each<T>(
  items: StepItems<T>,
  most: number,
  gone: Departure,
  send: (item: T) => Promise<void>,
): Promise<boolean> {
  let count = 0;
  if (count >= most) return true;
  for await (const item of items) {
    if (gone.hasHappened) return false;
    await send(item);
    count += 1;
    if (count >= most) break;
  }
  return !gone.hasHappened;
}

// Texts and bytes are iterable too, by character.
function chunksOf(raw: NonNullable<Step["raw"]>): StepItems<string | Uint8Array> {
  return typeof raw === "string" || raw instanceof Uint8Array ? [raw] : raw;
}

function keepAlive(outlet: Outlet, everyMs: number | undefined): () => void {
  if (everyMs === undefined) return () => {};
  const { signal: gone } = outlet.gone;
  const timer = setInterval(() => outlet.sendKeepAlive(), everyMs);
  const stop = (): void => {
    clearInterval(timer);
    gone.removeEventListener("abort", stop);
  };
  // A script may wait forever, so waiting for the end of the answer is not enough.
  gone.addEventListener("abort", stop, { once: true });
  return stop;
}

/** Resolves when the signal fires. */
export function fired(signal: AbortSignal): Promise<void> {
  return unlessFired(new Promise<void>(() => {}), signal);
}

/** Resolves with the promise or when the signal fires, whichever comes first, and removes its listener. */
export function unlessFired(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done, { once: true });
    promise.then(done, done);
  });
}
