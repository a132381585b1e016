import { CodexApiError, exitStatusOf as exitStatusOfKind } from "../index.ts";

/** The command line is wrong; the message says how to correct it. */
export class UsageError extends Error {
  override get name(): string {
    return "UsageError";
  }
  readonly kind = "usage";
}

/** A failure that the command has already explained: only its exit status remains, and with `--json` the last line. */
export class ReportedError extends Error {
  override get name(): string {
    return "ReportedError";
  }

  constructor(cause: unknown) {
    super("already reported", { cause });
  }
}

export const exitStatus = {
  done: 0,
  ourFault: 1,
  usage: 2,
  interrupted: 130,
} as const;

/** The exit status of the command after a failure, from the table of kinds. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof ReportedError) return exitStatusOf(error.cause);
  return error instanceof UsageError ? exitStatus.usage : exitStatusOfKind(error);
}

/** What standard error says about a failure; undefined if the command has said it. */
export function messageOf(error: unknown): string | undefined {
  if (error instanceof ReportedError) return undefined;
  if (CodexApiError.is(error))
    return error.kind === "aborted" ? "interrupted" : `codex-wire: ${error.kind}: ${error.message}`;
  if (error instanceof UsageError) return `codex-wire: ${error.message}`;
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `codex-wire: a bug in this program, please report it: ${what}`;
}

/** A failure as the last line of `--json` has it. */
export function jsonOf(error: unknown): Record<string, unknown> {
  if (error instanceof ReportedError) return jsonOf(error.cause);
  if (CodexApiError.is(error)) return error.toJSON();
  if (error instanceof UsageError) return { kind: error.kind, message: error.message };
  return { kind: "internal", message: error instanceof Error ? error.message : String(error) };
}

/** The system's code of a failure: `ENOENT`. */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
