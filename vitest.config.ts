import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/{network,counterparts}/**"],
    setupFiles: ["test/support/scrub-environment.ts"],
    testTimeout: 15_000,
    restoreMocks: true,
    // Real sockets on a shared machine: a time limit may strike a test that is sound. What fails twice more is broken; at home nothing is retried.
    retry: process.env.CI ? 2 : 0,
  },
});
