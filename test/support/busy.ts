/** Blocks the event loop for this many milliseconds. */
export function beBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}
