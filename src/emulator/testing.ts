import type { Emulator, EmulatorOptions } from "./options/options.ts";
import { startEmulator } from "./start.ts";

type Hook = (run: () => Promise<void> | void) => unknown;

/** The hooks of a test runner: vitest and jest have `beforeAll` and `afterAll`, `node:test` has `before` and `after`. */
export interface TestHooks {
  readonly beforeAll?: Hook | undefined;
  readonly before?: Hook | undefined;
  readonly afterAll?: Hook | undefined;
  readonly after?: Hook | undefined;
  /** If given, each test begins with the scenario of the options, from its beginning. */
  readonly beforeEach?: Hook | undefined;
}

/**
 * An emulator for the tests of a file. It is started before them and closed after them.
 *
 * @returns A function that returns the emulator while tests run. @throws An error if it is called outside of tests.
 *
 * @example
 * ```ts
 * import { afterAll, beforeAll, beforeEach } from "vitest";
 * const emulator = useEmulator({ beforeAll, afterAll, beforeEach }, { scenario: { rules: [{ reply: answer("hi") }] } });
 * it("greets", async () => expect(await greet(emulator().url)).toBe("hi"));
 * ```
 */
export function useEmulator(hooks: TestHooks, options: EmulatorOptions = {}): () => Emulator {
  const before = hooks?.beforeAll ?? hooks?.before;
  const after = hooks?.afterAll ?? hooks?.after;
  if (!before || !after) throw new Error("useEmulator needs the hooks beforeAll and afterAll, or before and after");
  let running: Emulator | undefined;
  before(async () => {
    running = await startEmulator(options);
  });
  after(async () => {
    await running?.close();
    running = undefined;
  });
  hooks.beforeEach?.(() => {
    if (options.scenarioFile === undefined) running?.scenario.use(options.scenario ?? { rules: [] });
    else running?.scenario.reset();
  });
  return () => {
    if (running) return running;
    throw new Error("the emulator runs between the first test and the last: ask for it inside of them");
  };
}
