import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";
import { SecondTries } from "./test/support/second-tries.ts";

/** They share a process: reading all sources anew for each file took as long as the tests. One that needs a process of its own is in `test/process/`. */
const SHARING = "test/{unit,property,wire}/**/*.test.ts";
const OUTSIDE = "test/{network,counterparts,interop,page,runtimes,shells}/**";

export default defineConfig({
  test: {
    setupFiles: ["test/support/scrub-environment.ts", "test/support/watchdog.ts"],
    testTimeout: 15_000,
    // Also two on two cores, where the default is one: much of a test is waiting for a socket.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    restoreMocks: true,
    // Real sockets on a shared machine: a time limit may strike a test that is sound. Whatever was tried again is listed, and a handful is the most
    // that may be; at home nothing is.
    retry: process.env.CI ? 1 : 0,
    projects: [
      {
        extends: true,
        test: { name: "sharing", include: [SHARING], isolate: false },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, OUTSIDE, SHARING],
        },
      },
    ],
    coverage: {
      // What the command, the emulator's page and the doors of frameworks do is tried from outside this process too, which is not counted.
      include: ["src/{api,client,secrets,server}/**/*.ts"],
      reporter: ["text-summary", "html"],
      reportsDirectory: ".cache/coverage",
      // A floor just below what Node 26 reaches: code that comes without tests falls through it.
      thresholds: {
        "src/api/**": { branches: 95.9 },
        "src/client/**": { branches: 94 },
      },
    },
    ...(process.env.CI && { reporters: ["default", new SecondTries()] }),
  },
});
