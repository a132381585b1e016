import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/scrub-environment.ts"],
    testTimeout: 15_000,
    restoreMocks: true,
  },
});
