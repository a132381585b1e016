/** The command line itself is wrong; the message says how it should be. */
export class UsageError extends Error {
  override get name(): string {
    return "UsageError";
  }
  readonly kind = "usage";
}
