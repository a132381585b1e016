/** A failure that the command has already printed: only its exit status is left to set. */
export class ReportedError extends Error {
  override get name(): string {
    return "ReportedError";
  }

  constructor(cause: unknown) {
    super("already reported", { cause });
  }
}
