import { readFile } from "node:fs/promises";
import { AbortedError } from "../index.ts";
import { systemCode, UsageError } from "./usage-error.ts";

/**
 * Standard input as text.
 *
 * @throws {@link UsageError} It is a terminal: nothing would ever come. {@link AbortedError} The signal fired while it was waited for.
 */
export async function readInput(what: string, signal: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError(`${what} is missing: give it as an argument or on standard input`);
  const chunks: Uint8Array[] = [];
  const leave = () => process.stdin.destroy(new AbortedError(signal.reason));
  signal.addEventListener("abort", leave, { once: true });
  try {
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  } finally {
    signal.removeEventListener("abort", leave);
  }
  return textOf(Buffer.concat(chunks));
}

/** Without the byte order mark that editors of Windows write. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A JSON object from a file, or from standard input where the name is `-`. */
export async function readRequestFile(path: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  return requestBody(await readContent(path, "the request", signal), placeName(path));
}

/** JSON objects, one a line, from a file, or from standard input where the name is `-`. Blank lines do not count. */
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
  return path === "-" ? readInput(what, signal) : readText(path);
}

async function readText(path: string): Promise<string> {
  try {
    return textOf(await readFile(path));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${systemCode(error)}`);
  }
}
