/** Waits enough turns of the event loop for what the other side sent to arrive and be handled. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until a count has not changed for `forMs`: there is no event to wait for when nothing happens. */
export async function standstill(count: () => number, forMs = 300): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, forMs));
  }
}
