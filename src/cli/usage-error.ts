/** The command line is wrong; the message says how to correct it. */
export class UsageError extends Error {
  override get name(): string {
    return "UsageError";
  }
  readonly kind = "usage";
}

/** The system's code of a failure: `ENOENT`. */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
