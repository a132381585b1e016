import { configDefaults, defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

const { projects: _ofTheSuite, ...settings } = base.test ?? {};

/** For tests that need programs or packages of others. The scripts that fetch those give the folder: `--dir test/network`. */
export default defineConfig({
  test: {
    ...settings,
    include: ["**/*.test.ts"],
    exclude: configDefaults.exclude,
    testTimeout: 30_000,
  },
});
