import { exitStatusOf as exitStatusOfFailure } from "../index.ts";
import { ReportedError } from "./reported-error.ts";
import { UsageError } from "./usage-error.ts";

export const exitStatus = {
  done: 0,
  ourFault: 1,
  usage: 2,
  interrupted: 130,
} as const;

/** The exit status of the command after a failure, from the table of kinds. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof ReportedError) return exitStatusOf(error.cause);
  return error instanceof UsageError ? exitStatus.usage : exitStatusOfFailure(error);
}
