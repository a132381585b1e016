import { isUtf8 } from "node:buffer";
import { FileError, HeldBytes, readWhole } from "../client/index.ts";
import { AbortedError } from "../index.ts";
import { UsageError } from "./failure.ts";

/** A request with many images takes tens of megabytes, a list of requests several times that. */
const MAX_INPUT_BYTES = 256 * 1024 * 1024;

/**
 * Standard input as text.
 *
 * @throws {@link UsageError} It is a terminal, so no input would come; it has more than 256 MiB; or it is no text. {@link AbortedError} The
 *   signal fired during the wait.
 */
export async function readInput(what: string, signal: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError(`${what} is missing: give it as an argument or on standard input`);
  const input = new HeldBytes();
  const leave = () => process.stdin.destroy(new AbortedError(signal.reason));
  signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const chunk of process.stdin) {
      input.add(chunk as Uint8Array);
      if (input.length > MAX_INPUT_BYTES)
        throw new UsageError(`standard input is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MiB`);
    }
  } finally {
    signal.removeEventListener("abort", leave);
  }
  return textOf(input.take(), "standard input");
}

/** Text in UTF-8, or in UTF-16 with its byte order mark, as Windows shells write it; without the mark. */
function textOf(bytes: Uint8Array, where: string): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  // What is not valid would be sent as U+FFFD, so another text than the given one.
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes);
  throw new UsageError(`${where} is not text in UTF-8; convert it, for example with: iconv -f ISO-8859-1 -t UTF-8`);
}

/** A JSON object from a file, or from standard input if the name is `-`. */
export async function readRequestFile(path: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  return requestBody(await readContent(path, "the request", signal), placeName(path));
}

/** JSON objects, one per line, from a file, or from standard input if the name is `-`. Blank lines are ignored. */
export async function readRequestLines(path: string, signal: AbortSignal): Promise<Record<string, unknown>[]> {
  const lines = (await readContent(path, "the list of requests", signal)).split("\n");
  const bodies = lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [requestBody(line, `line ${index + 1} of ${placeName(path)}`)],
  );
  if (bodies.length === 0)
    throw new UsageError(`${placeName(path)} holds no request; put one request body on each line`);
  return bodies;
}

function requestBody(content: string, where: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    throw new UsageError(`${where} is not JSON: ${(error as Error).message}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new UsageError(`${where} must hold one JSON object, a request body`);
  }
  return parsed as Record<string, unknown>;
}

function placeName(path: string): string {
  return path === "-" ? "standard input" : path;
}

function readContent(path: string, what: string, signal: AbortSignal): Promise<string> {
  return path === "-" ? readInput(what, signal) : readText(path, signal);
}

async function readText(path: string, signal: AbortSignal): Promise<string> {
  try {
    return textOf(await readWhole(path, { maxBytes: MAX_INPUT_BYTES, signal }), path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    // A pipe without a writer is refused; programs can write to standard input.
    const advice = error.code === undefined ? "; what a program writes comes in by standard input, as `-`" : "";
    throw new UsageError(`${path} cannot be read: ${error.message}${advice}`);
  }
}
