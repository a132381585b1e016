import { exitStatus } from "./exit-status.ts";
import { systemCode } from "./usage-error.ts";

/** Standard output carries data alone; everything for people goes to standard error. */
export interface Output {
  /** Resolves when the reader has room again. */
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

/** For people: one line on standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const LONGEST_IN_LINE = 200;

/** What others wrote, as a part of a line for people: without line breaks and terminal codes of theirs, and cut short. */
export function inLine(text: string): string {
  return text.slice(0, LONGEST_IN_LINE).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** What a write into a closed pipe fails with; the second on Windows. */
const CLOSED: ReadonlySet<string> = new Set(["EPIPE", "EOF"]);

/**
 * A closed pipe (`| head`) is the reader's way to say that it has had enough: end quietly. Where standard error is closed, the data
 * goes on.
 */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (CLOSED.has(error.code ?? "")) process.exit(exitStatus.done);
    say(`codex-wire: standard output cannot be written: ${systemCode(error)}`);
    process.exit(exitStatus.ourFault);
  });
  process.stderr.on("error", () => {});
}
