import type { Entry, ExchangeHead } from "../exchanges/passed.ts";

// Texts of people and their programs. Names, types, ids and everything that the model wrote are kept.
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

/** Blanks the texts of a request, so that a recording can be shown to others. Each is replaced by its length. */
export function headWithoutPrompts(head: ExchangeHead): ExchangeHead {
  if (head.body.length === 0) return head;
  const text = withoutPrompts(Buffer.from(head.body).toString("utf8"));
  return { ...head, body: Buffer.from(text ?? `[${head.body.length} bytes removed]`) };
}

/** In the answer only the instructions are blanked, which the service repeats. */
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
