const UNKNOWN = "application/octet-stream";

/** By file extension: the types that models get most often. The service refuses an image with a generic content type. */
const BY_ENDING: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["svg", "image/svg+xml"],
  ["pdf", "application/pdf"],
  ["json", "application/json"],
  ["jsonl", "application/jsonl"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["html", "text/html"],
  ["wav", "audio/wav"],
  ["mp3", "audio/mpeg"],
]);

/** The content type of a file with this name. */
export function contentTypeOf(name: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  return BY_ENDING.get(ending ?? "") ?? UNKNOWN;
}
