/** The command line itself is wrong; the message says how it should be. */
export class UsageError extends Error {
  override get name(): string {
    return "UsageError";
  }
  readonly kind = "usage";
}

/** What the system says about a failure, in a word: `ENOENT`. */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
