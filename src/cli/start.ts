#!/usr/bin/env node
// Imports nothing, so that it runs on any Node: on an old one the rest does not even load, or fails later in ways that nobody understands.

const LEAST = "20.19";

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

if (isAtLeast(process.versions.node, LEAST)) {
  const { main } = await import("./main.ts");
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write(`codex-wire: Node.js ${LEAST} or later is needed, and this is ${process.versions.node}\n`);
  process.exitCode = 2;
}

export {}; // a module, although it imports nothing
