import { UsageError } from "../failure.ts";

/** The id that a command is given. @throws {@link UsageError} It is missing. */
export function givenId(argument: string | undefined, command: string): string {
  if (argument !== undefined && argument.trim() !== "") return argument;
  throw new UsageError(`the ID of a response is missing: codex-wire ${command} resp_…`);
}
