import type { EmulatorOptions } from "../../src/emulator/index.ts";
import { emulate } from "../support/clients.ts";
import { type CommandOptions, runCommand } from "../support/command.ts";

interface Run extends CommandOptions {
  readonly emulator?: EmulatorOptions;
}

/** `codex-wire realtime` to its end, with an emulator of its own. */
export async function talk(args: readonly string[], { emulator: options, ...command }: Run = {}) {
  const emulator = await emulate(options);
  const finished = await runCommand(["realtime", "--base-url", emulator.url, ...args], command);
  const sent = () =>
    emulator.requests.map(({ json }) => json as { readonly type?: string; readonly session?: object } | undefined);
  return { emulator, sent, ...finished };
}
