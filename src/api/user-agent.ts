import { arch, platform, release } from "node:os";
import { packageVersion } from "../client/version.ts";

/** `codex-api/<version> (<system> <release>; <architecture>)`, the form of the reference's user agent. */
export const defaultUserAgent = `codex-api/${packageVersion} (${platform()} ${release()}; ${arch()}) node/${process.versions.node}`;
