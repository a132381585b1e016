// `npm run test:page [-- FILTER…]`: the emulator's page in headless Chromium.
import { debianPrograms } from "./outside/debian-programs.mjs";
import { installPackages } from "./outside/npm-packages.mjs";
import { runOutsideSuite } from "./outside/suite.mjs";

await runOutsideSuite("page", () => {
  installPackages("page", ["playwright-core@1"]);
  const { path } = debianPrograms("chromium", { chromium: "chromium" });
  return { env: { PATH: path } };
});
