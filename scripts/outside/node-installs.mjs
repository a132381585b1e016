import { join } from "node:path";
import { installPackages } from "./npm-packages.mjs";

const PACKAGED = ["linux-x64", "linux-arm64"];
const platform = `${process.platform}-${process.arch}`;

/** Why no other version of Node can be installed here; undefined if it can. */
export const noOtherNode = PACKAGED.includes(platform)
  ? undefined
  : `npm has packages of Node for ${PACKAGED.join(" and ")}, and this is ${platform}`;

/** @returns {string} Path of the executable. */
export function installNode(/** @type {number} */ major) {
  const name = `node-${platform}`;
  return join(installPackages(`node-${major}`, [`${name}@${major}`]), "node_modules", name, "bin", "node");
}
