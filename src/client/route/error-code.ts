/** The code of a system error, `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The same in a message. */
export function inBrackets(code: string | undefined): string {
  return code === undefined ? "" : ` (${code})`;
}
