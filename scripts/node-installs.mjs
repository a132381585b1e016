import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm, root } from "./ready.mjs";

const PACKAGED = ["linux-x64", "linux-arm64"];

export const platform = `${process.platform}-${process.arch}`;

/** Why there is no other Node than the one at work; undefined where there is. */
export const noOtherNode = PACKAGED.includes(platform)
  ? undefined
  : `Node is packaged for ${PACKAGED.join(" and ")}, and this is ${platform}`;

/** @returns {string} Path of that Node's executable. */
export function installNode(/** @type {number} */ major) {
  const folder = join(root, ".cache", `node-${major}`);
  const name = `node-${platform}`;
  const executable = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(executable)) return executable;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const { status, stderr } = npm(["install", `${name}@${major}`, "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: folder,
  });
  if (status !== 0) throw new Error(`Node ${major} could not be installed\n${stderr}`);
  return executable;
}
