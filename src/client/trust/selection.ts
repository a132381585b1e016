import type { Environment } from "../environment.ts";
import { BuildError } from "../failure/kinds.ts";
import { object } from "../options.ts";

/** The variables that can name a CA bundle, the stronger first. */
export const CA_VARIABLES = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"] as const;

export type CaVariable = (typeof CA_VARIABLES)[number];

/** PEM given by a program: a file, or the text itself. */
export type PemSource = { readonly path: string } | { readonly pem: string | Uint8Array };

/** @throws {@link BuildError} Untyped callers give the text or the path alone. */
export function checkPemSource(name: string, source: PemSource): void {
  const { path, pem } = object(name, source, "{ path } or { pem }") as {
    readonly path?: unknown;
    readonly pem?: unknown;
  };
  if (typeof path !== "string" && typeof pem !== "string" && !(pem instanceof Uint8Array))
    throw new BuildError(`${name} must be { path } with a file's name or { pem } with its content`);
}

/** Where it lies; undefined for text. */
export function pathOf(source: PemSource): string | undefined {
  return "path" in source ? source.path : undefined;
}

/** A bundle chosen by the program rather than by the environment. */
export type CaSource = PemSource;

export interface CaVariableSetting {
  readonly sourceEnv: CaVariable;
  /** The variable's value, untouched. */
  readonly path: string;
}

/** What decides about the bundle, and which settings it leaves without effect. */
export type CaSelection =
  | ({ readonly by: "environment"; readonly shadowed: readonly CaVariableSetting[] } & CaVariableSetting)
  | { readonly by: "option"; readonly path?: string | undefined; readonly shadowed: readonly CaVariableSetting[] }
  | { readonly by: "none"; readonly shadowed: readonly [] };

/**
 * Decides which bundle counts: the program's own, else `CODEX_CA_CERTIFICATE`, else `SSL_CERT_FILE`, else none.
 * An empty variable counts as unset; values are not trimmed, because a path may begin or end with a space.
 *
 * Source: the Rust client's precedence; the program's own bundle is ours.
 */
export function selectCaBundle(env: Environment, ca?: CaSource): CaSelection {
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
