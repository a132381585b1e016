// Programs that print the emulator's answer to the same question twice, written as users write theirs. EMULATOR_URL is its address.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** What each program prints twice. */
export const ANSWER = "17*23 = 391";

const NAMES = "{ CodexApi, noAuth, openaiProvider }";
const IMPORT = `import ${NAMES} from "codex-wire";\n`;

/** Asks over a WebSocket, then over HTTP. */
const MAIN = `
async function main() {
  for (const carrier of ["websocket", "http"]) {
    const provider = openaiProvider({ baseUrl: process.env.EMULATOR_URL, proxy: false });
    const api = new CodexApi({ provider, auth: noAuth() });
    const session = api.session({ carrier });
    const { text } = await (await session.stream({ model: "gpt-5.5", input: "17*23" })).collect();
    console.log(text);
    await api.close();
  }
}
`;
const RUN = "main().catch((error) => { console.error(error); process.exit(1); });\n";

const JEST = `let CodexApi, noAuth, openaiProvider;
beforeAll(async () => { (${NAMES} = await import("codex-wire")); });
${MAIN}
test("streams", () => main());
`;

/** Uses the smallest part of the package, over HTTP. */
const CLIENT = `import { noAuth, openaiProvider, ResponsesClient } from "codex-wire";
const client = new ResponsesClient({ provider: openaiProvider({ baseUrl: process.env.EMULATOR_URL, proxy: false }), auth: noAuth() });
for (let times = 0; times < 2; times += 1) console.log((await (await client.stream({ model: "gpt-5.5", input: "17*23" })).collect()).text);
`;

/** A route handler of Next.js that answers with what the program prints. */
export const ROUTE = `${IMPORT}
export const dynamic = "force-dynamic";
export async function GET() {
  const texts = [];
  const console = { log: (text) => texts.push(text) };
  ${MAIN}
  await main();
  return new Response(texts.join("\\n"));
}
`;

/** Writes the programs to a folder in which `codex-wire` is installed. */
export function writePrograms(/** @type {string} */ folder) {
  writeFileSync(join(folder, "program.mjs"), IMPORT + MAIN + RUN);
  writeFileSync(join(folder, "program.cjs"), `const ${NAMES} = require("codex-wire");\n${MAIN}${RUN}`);
  writeFileSync(join(folder, "program.test.cjs"), JEST);
  writeFileSync(join(folder, "client.mjs"), CLIENT);
}
