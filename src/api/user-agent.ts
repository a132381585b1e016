import { machine, release, type } from "node:os";
import type { Environment } from "../client/environment.ts";
import { isSendableHeaderValue } from "../client/headers.ts";
import { packageVersion } from "../client/version.ts";

export interface UserAgentParts {
  /** The program's name, the first part of the text. */
  readonly product: string;
  /** Version of the program. @default this package's version */
  readonly version?: string | undefined;
  /** Added in parentheses at the end; trimmed, and left out if blank. None by default. */
  readonly suffix?: string | undefined;
  /** Name and version of the operating system. @default read from the operating system */
  readonly system?: SystemName | undefined;
  /** Environment variables that name the terminal. @default `process.env` */
  readonly env?: Environment | undefined;
}

export interface SystemName {
  readonly type: string;
  readonly version: string;
  /** @default `"unknown"` */
  readonly architecture?: string | undefined;
}

/**
 * `<product>/<version> (<system> <version>; <architecture>) <terminal>[ (<suffix>)]`, the form of the Rust client. Characters that a header
 * cannot contain become `_`.
 */
export function userAgent(parts: UserAgentParts): string {
  const { product, version = packageVersion, env = process.env } = parts;
  const system = parts.system ?? { type: type(), version: release(), architecture: machine() };
  const suffix = parts.suffix?.trim() ? ` (${parts.suffix.trim()})` : "";
  const platform = `${system.type} ${system.version}; ${system.architecture || "unknown"}`;
  return sendable(`${product}/${version} (${platform}) ${terminalToken(env)}${suffix}`);
}

function sendable(text: string): string {
  return isSendableHeaderValue(text) ? text : text.replace(/[^ -~]/gu, "_");
}

/** Terminals in the Rust client's order: the variables that identify each, and the variable with its version. */
const TERMINALS: readonly {
  readonly name: string;
  readonly marks: readonly string[];
  readonly version?: string;
  /** Value of `TERM` in this terminal. */
  readonly term?: RegExp;
}[] = [
  { name: "WezTerm", marks: ["WEZTERM_VERSION"], version: "WEZTERM_VERSION" },
  { name: "iTerm", marks: ["ITERM_SESSION_ID", "ITERM_PROFILE", "ITERM_PROFILE_NAME"] },
  { name: "Apple_Terminal", marks: ["TERM_SESSION_ID"] },
  { name: "kitty", marks: ["KITTY_WINDOW_ID"], term: /kitty/ },
  { name: "Alacritty", marks: ["ALACRITTY_SOCKET"], term: /^alacritty$/ },
  { name: "Konsole", marks: ["KONSOLE_VERSION"], version: "KONSOLE_VERSION" },
  { name: "gnome-terminal", marks: ["GNOME_TERMINAL_SCREEN"] },
  { name: "VTE", marks: ["VTE_VERSION"], version: "VTE_VERSION" },
  { name: "WindowsTerminal", marks: ["WT_SESSION"] },
];

/**
 * The terminal's name for the user agent: `TERM_PROGRAM` with its version, else the first terminal identified by its variables, else
 * `TERM`, else `unknown`. Characters outside `A-Z a-z 0-9 - _ . /` become `_`.
 *
 * Differs from the Rust client: inside tmux it says tmux; the Rust client asks tmux for the terminal around it.
 */
export function terminalToken(env: Environment): string {
  return (programToken(env) ?? knownTerminal(env) ?? value(env, "TERM") ?? "unknown").replace(/[^\w\-./]/gu, "_");
}

function programToken(env: Environment): string | undefined {
  const program = value(env, "TERM_PROGRAM");
  return program && withVersion(program, value(env, "TERM_PROGRAM_VERSION"));
}

function knownTerminal(env: Environment): string | undefined {
  const term = env.TERM ?? "";
  const found = TERMINALS.find(
    (terminal) => terminal.marks.some((mark) => value(env, mark)) || terminal.term?.test(term),
  );
  return found && withVersion(found.name, found.version && value(env, found.version));
}

function withVersion(name: string, version: string | undefined): string {
  return version ? `${name}/${version}` : name;
}

function value(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}
