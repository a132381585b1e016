import { exitStatus, systemCode } from "./failure.ts";

/** Standard output contains only data; everything else goes to standard error. */
export interface Output {
  /** Resolves when the reader can take more. */
  write(text: string): Promise<void>;
  writeJson(value: unknown): Promise<void>;
}

export const output: Output = {
  async write(text) {
    if (process.stdout.write(text)) return;
    await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
  },
  writeJson: (value) => output.write(`${JSON.stringify(value)}\n`),
};

/** Writes one line to standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const LONGEST_IN_LINE = 200;

/** Text from elsewhere as part of a line: without line breaks and terminal codes, and shortened. */
export function inLine(text: string): string {
  return text.slice(0, LONGEST_IN_LINE).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** The error of a write to a closed pipe; the second on Windows. */
const CLOSED: ReadonlySet<string> = new Set(["EPIPE", "EOF"]);

/**
 * A closed pipe (`| head`) means that the reader has enough, so the command ends quietly. If only standard error is closed, the data
 * continues.
 */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (CLOSED.has(error.code ?? "")) process.exit(exitStatus.done);
    say(`codex-wire: standard output cannot be written: ${systemCode(error)}`);
    process.exit(exitStatus.ourFault);
  });
  process.stderr.on("error", () => {});
}
