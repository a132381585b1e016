// `npm run test:shells [-- FILTER…]`: the command's completion in zsh and fish.
import { debianPrograms } from "./outside/debian-programs.mjs";
import { runOutsideSuite } from "./outside/suite.mjs";

await runOutsideSuite("shells", () => {
  const { path, share } = debianPrograms("shells", { zsh: "zsh", fish: "fish" });
  return { env: { PATH: path, SHELLS_SHARE: share } };
});
