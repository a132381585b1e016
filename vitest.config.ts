import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/{network,counterparts,interop,page}/**"],
    setupFiles: ["test/support/scrub-environment.ts", "test/support/watchdog.ts"],
    testTimeout: 15_000,
    // Also two on two cores, where the default is one: much of a test is waiting for a socket.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    restoreMocks: true,
    // Real sockets on a shared machine: a time limit may strike a test that is sound. What fails twice more is broken; at home nothing is retried.
    retry: process.env.CI ? 2 : 0,
  },
});
