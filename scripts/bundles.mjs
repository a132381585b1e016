// `npm run test:bundles [-- NAME…]`: runs a program with this package in the bundles and runtimes that programs are built with. The size is that of the
// whole program.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { BUILDS, PACKAGES } from "./bundles/builds.mjs";
import { FOLDER, installed, OUT, run } from "./bundles/folder.mjs";
import { ANSWER, writePrograms } from "./bundles/programs.mjs";
import { installPackages } from "./outside/npm-packages.mjs";
import { skippedIfUnavailable } from "./outside/suite.mjs";
import { ready, root, runScript } from "./ready.mjs";
import { printRow } from "./table.mjs";

const COLUMNS = [9, 27, 10];

await runScript(() =>
  skippedIfUnavailable(async () => {
    await ready();
    prepareFolder();
    const { startEmulator } = await import(pathToFileURL(join(root, "dist/emulator.js")).href);
    const emulator = await startEmulator();
    const wanted = process.argv.slice(2);
    const names = Object.keys(BUILDS).filter(
      (name) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
    );
    let failed = 0;
    for (const name of names) if (!(await works(name, emulator.url))) failed += 1;
    await emulator.close();
    return failed === 0 ? 0 : 1;
  }),
);

function prepareFolder() {
  installPackages("bundles", PACKAGES);
  const link = installed("codex-wire");
  if (!existsSync(link)) symlinkSync(root, link);
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  writePrograms(FOLDER);
}

/** @returns {Promise<boolean>} */
async function works(/** @type {string} */ name, /** @type {string} */ emulatorUrl) {
  try {
    const made = await BUILDS[name]?.();
    const { command, cwd } = made && "command" in made ? made : { command: made ?? [], cwd: FOLDER };
    const { stdout, stderr } = await run(command, { cwd, env: { EMULATOR_URL: emulatorUrl } });
    if (`${stdout}${stderr}`.split(ANSWER).length !== 3) throw new Error(`it printed ${stdout}${stderr}`);
    printRow(COLUMNS, ["works", name, kilobytes(command)]);
    return true;
  } catch (error) {
    const { stderr } = /** @type {{ stderr?: string }} */ (error);
    printRow(COLUMNS, ["FAILS", name, String(stderr || error).slice(0, 1500)]);
    return false;
  }
}

/** Size of the bundle: of its file, or of the files in its folder. Empty if nothing was built. */
function kilobytes(/** @type {readonly string[]} */ command) {
  const file = command.find((word) => word.startsWith(OUT));
  if (!file) return "";
  const folder = dirname(file);
  const files =
    folder === OUT
      ? [file]
      : readdirSync(folder, { recursive: true, encoding: "utf8" })
          .map((name) => join(folder, name))
          .filter((path) => statSync(path).isFile());
  return `${Math.round(files.reduce((sum, path) => sum + statSync(path).size, 0) / 1000)} kB`;
}
