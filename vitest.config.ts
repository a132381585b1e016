import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/{network,counterparts}/**"],
    setupFiles: ["test/support/scrub-environment.ts"],
    testTimeout: 15_000,
    restoreMocks: true,
  },
});
