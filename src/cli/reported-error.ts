/** A failure that the command has already put into words: what is left is its exit status, and with `--json` the last line. */
export class ReportedError extends Error {
  override get name(): string {
    return "ReportedError";
  }

  constructor(cause: unknown) {
    super("already reported", { cause });
  }
}
