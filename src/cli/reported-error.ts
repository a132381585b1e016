/** A failure that the command has already explained: only its exit status remains, and with `--json` the last line. */
export class ReportedError extends Error {
  override get name(): string {
    return "ReportedError";
  }

  constructor(cause: unknown) {
    super("already reported", { cause });
  }
}
