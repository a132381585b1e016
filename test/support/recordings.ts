import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../../shared/fixtures/recorded");

/** One response of a recording: the JSON texts of its events, including the terminal one. */
export interface RecordedResponse {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Recorded streams of the real service, if they are in a folder beside the project. A file may contain several responses. */
export function recordedResponses(): RecordedResponse[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".jsonl"))
    .sort()
    .flatMap((file) => {
      const lines = readFileSync(join(FOLDER, file), "utf8")
        .split("\n")
        .filter((line) => line !== "");
      const starts = lines.flatMap((line, index) => (isCreated(line) ? [index] : []));
      return starts.map((start, nth) => ({ name: `${file} #${nth + 1}`, lines: lines.slice(start, starts[nth + 1]) }));
    });
}

function isCreated(line: string): boolean {
  return (JSON.parse(line) as { readonly type?: unknown }).type === "response.created";
}
