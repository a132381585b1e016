import type { Entry, Header } from "./passed.ts";

/**
 * An entry in the form in which it is kept. As little work as possible is done for it, because most entries are never looked at: events
 * that were sent together are one text, and headers are those of the server.
 */
export type Kept =
  | Entry
  | { readonly atMs: number; readonly frames: string }
  | { readonly atMs: number; readonly status: number; readonly headers: Readonly<Record<string, unknown>> };

export function entriesOf(kept: Kept): readonly Entry[] {
  if ("kind" in kept) return [kept];
  const { atMs } = kept;
  if ("status" in kept) return [{ atMs, kind: "answer", status: kept.status, headers: headerList(kept.headers) }];
  return kept.frames
    .split("\n\n")
    .slice(0, -1)
    .map((frame) => {
      const end = frame.indexOf("\n");
      return {
        atMs,
        kind: "event",
        type: frame.slice("event: ".length, end),
        data: frame.slice(end + "\ndata: ".length),
      };
    });
}

/** Size in characters. */
export function sizeOf(kept: Kept): number {
  if ("frames" in kept) return kept.frames.length;
  return "data" in kept ? kept.data.length : 0;
}

function headerList(headers: Readonly<Record<string, unknown>>): readonly Header[] {
  return Object.entries(headers).flatMap(([name, value]): readonly Header[] => {
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((single): Header => [name, String(single)]);
  });
}
