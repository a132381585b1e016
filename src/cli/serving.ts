import { systemCode, UsageError } from "./failure.ts";

/** The error of a server that could not begin to listen. */
export function notListening(port: number, error: unknown): UsageError {
  return new UsageError(`port ${port} cannot be listened on (${systemCode(error)}); choose another with --port`);
}

/** Resolves when the command is interrupted. */
export async function interrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Writes a file that the command line names. @throws {@link UsageError} It cannot be written. */
export async function writeNamed(path: string, content: string): Promise<void> {
  const { writeFile } = await import("node:fs/promises");
  await writeFile(path, content).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be written: ${systemCode(error)}`);
  });
}
