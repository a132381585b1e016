// `npm run test:counterparts [-- FILTER…]`: this package together with packages of others that speak to it, at fixed major versions.
import { installPackages } from "./outside/npm-packages.mjs";
import { runOutsideSuite } from "./outside/suite.mjs";

const PACKAGES = ["@copilotkit/aimock@1", "openai@7", "@openai/agents@0", "@modelcontextprotocol/sdk@1", "ws@8"];

await runOutsideSuite("counterparts", () => void installPackages("counterparts", PACKAGES));
