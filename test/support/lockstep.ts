import type { Step } from "../../src/emulator/index.ts";

/** Words of the server in {@link inLockstep}. */
export const WORDS: readonly string[] = ["one ", "two ", "three "];

/**
 * A server that sends its next word only after the client has received the previous one: with any buffering on the way the answer never
 * ends.
 *
 * @returns `script` for the emulator; the client calls `heard` with each word.
 */
export function inLockstep(): { readonly script: readonly Step[]; heard(): void } {
  const turns = WORDS.map(() => turnstile());
  let count = 0;
  async function* events(): AsyncGenerator<unknown, void> {
    yield { type: "response.created", response: { id: "resp_1" } };
    for (const [index, delta] of WORDS.entries()) {
      yield { type: "response.output_text.delta", delta };
      await turns[index]?.passed;
    }
    yield { type: "response.completed", response: { id: "resp_1" } };
  }
  return { script: [{ events: events() }], heard: () => turns[count++]?.pass() };
}

function turnstile(): { readonly passed: Promise<void>; pass(): void } {
  let pass = (): void => {};
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, pass: () => pass() };
}
