/** Keeps the event loop from turning, in milliseconds. */
export function beBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}
