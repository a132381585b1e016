import type { Entry, ExchangeHead } from "../exchanges/passed.ts";

// What people and their programs wrote; names, types, ids and everything that the model wrote stay.
const WRITTEN = new Set([
  "text",
  "content",
  "output",
  "instructions",
  "input",
  "prompt",
  "image_url",
  "file_data",
  "description",
]);

/** Blanks what was asked, so that a recording can be shown to others: each text says how long it was. */
export function headWithoutPrompts(head: ExchangeHead): ExchangeHead {
  if (head.body.length === 0) return head;
  const text = withoutPrompts(Buffer.from(head.body).toString("utf8"));
  return { ...head, body: Buffer.from(text ?? `[${head.body.length} bytes removed]`) };
}

/** Of the answer only the instructions, which the service repeats. */
export function entryWithoutPrompts(entry: Entry): Entry {
  if (entry.kind === "sent")
    return {
      ...entry,
      data:
        (typeof entry.data === "string" ? withoutPrompts(entry.data) : undefined) ??
        `[${entry.data.length} bytes removed]`,
    };
  if (!("data" in entry) || typeof entry.data !== "string" || !entry.data.includes('"instructions"')) return entry;
  return { ...entry, data: withoutInstructions(entry.data) };
}

function withoutPrompts(json: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(json), (name, value: unknown) =>
      WRITTEN.has(name) && typeof value === "string" ? removed(value) : value,
    );
  } catch {
    return undefined;
  }
}

function withoutInstructions(json: string): string {
  return json.replace(/"instructions":"((?:[^"\\]|\\.)*)"/g, (_, text: string) => `"instructions":"${removed(text)}"`);
}

function removed(text: string): string {
  return `[${text.length} characters removed]`;
}
