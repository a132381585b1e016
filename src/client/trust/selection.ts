import type { Environment } from "../environment.ts";
import { BuildError } from "../failure/kinds.ts";
import { object } from "../options.ts";

/** The variables that can name a CA bundle, in order of precedence. */
export const CA_VARIABLES = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"] as const;

export type CaVariable = (typeof CA_VARIABLES)[number];

/** PEM given by a program: a file, or the text itself. */
export type PemSource = { readonly path: string } | { readonly pem: string | Uint8Array };

/** @throws {@link BuildError} An untyped caller gave only the text or the path. */
export function checkPemSource(name: string, source: PemSource): void {
  const { path, pem } = object(name, source, "{ path } or { pem }") as {
    readonly path?: unknown;
    readonly pem?: unknown;
  };
  if (typeof path !== "string" && typeof pem !== "string" && !(pem instanceof Uint8Array))
    throw new BuildError(`${name} must be { path } with a file's name or { pem } with its content`);
}

/** The file's path; undefined for text. */
export function pathOf(source: PemSource): string | undefined {
  return "path" in source ? source.path : undefined;
}

/** A CA bundle given by the program. */
export type CaSource = PemSource;

export interface CaVariableSetting {
  readonly sourceEnv: CaVariable;
  /** The variable's value, unchanged. */
  readonly path: string;
}

/** The setting that determines the bundle, and the settings that are therefore ignored. */
export type CaSelection =
  | ({ readonly by: "environment"; readonly shadowed: readonly CaVariableSetting[] } & CaVariableSetting)
  | { readonly by: "option"; readonly path?: string | undefined; readonly shadowed: readonly CaVariableSetting[] }
  | { readonly by: "none"; readonly shadowed: readonly [] };

/**
 * Decides which bundle is used: the program's, else that of `CODEX_CA_CERTIFICATE`, else `SSL_CERT_FILE`, else none.
 *
 * An empty variable counts as unset. Values are not trimmed, because a path may begin or end with a space. Source: the Rust client's
 * precedence; it has no bundle given by the program.
 */
export function selectCaBundle(env: Environment, ca?: CaSource): CaSelection {
  object("env", env, "an object with variables, such as process.env");
  const settings: CaVariableSetting[] = [];
  for (const sourceEnv of CA_VARIABLES) {
    const path = env[sourceEnv];
    if (path !== undefined && path !== "") settings.push({ sourceEnv, path });
  }
  if (ca) {
    checkPemSource("ca", ca);
    return { by: "option", path: pathOf(ca), shadowed: settings };
  }
  const [first, ...shadowed] = settings;
  return first ? { by: "environment", ...first, shadowed } : { by: "none", shadowed: [] };
}
