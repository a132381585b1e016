import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { ResponsesWebSocketClient } from "../../../src/api/responses/websocket/client.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { recordedResponses } from "../../support/recordings.ts";

interface Item {
  readonly type: unknown;
  readonly id?: unknown;
  readonly encrypted_content?: unknown;
}
interface Wire {
  readonly type: unknown;
  readonly response?: { readonly output?: readonly Item[] };
}

/** Responses that end well, with their output as the terminal event repeats it. */
const recordings = recordedResponses().flatMap(({ name, lines }) => {
  const end = JSON.parse(lines.at(-1) ?? "{}") as Wire;
  return end.type === "response.completed" ? [{ name, lines, output: end.response?.output ?? [] }] : [];
});

/** The same response whose terminal event repeats nothing. */
function blanked(lines: readonly string[]): readonly string[] {
  return lines.map((line) => {
    const event = JSON.parse(line) as Wire;
    return event.type === "response.completed"
      ? JSON.stringify({ ...event, response: { ...event.response, output: [] } })
      : line;
  });
}

function* pieces(bytes: Buffer, sizes: readonly number[]): Generator<Uint8Array, void> {
  for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
    const size = sizes[nth % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const request = { model: "m", input: "q" };

const carriers: readonly (readonly [
  string,
  (lines: readonly string[], sizes: readonly number[]) => Promise<readonly Item[]>,
])[] = [
  [
    "HTTP",
    async (lines, sizes) => {
      const bytes = Buffer.from(lines.map((line) => `data: ${line}\n\n`).join(""));
      const headers = { "content-type": "text/event-stream" };
      const emulator = await emulate({ script: [{ raw: pieces(bytes, sizes), headers }] });
      return (await (await new ResponsesClient(clientOptions(emulator.url)).stream(request)).collect()).items;
    },
  ],
  [
    "a WebSocket",
    async (lines) => {
      const emulator = await emulate({ script: [{ frames: lines }] });
      const connection = await new ResponsesWebSocketClient(clientOptions(emulator.url)).connect();
      return (await (await connection.stream(request)).collect()).items;
    },
  ],
];

/**
 * Gateways give an item another id in every event, and the service encrypts its reasoning again for the last one; everything else is equal.
 */
const comparable = (items: readonly Item[]) => items.map(({ id: _, encrypted_content: __, ...item }) => item);
// Two of its items are finished by no event: only the terminal event contains them.
const TOLD_AT_THE_END = "openai-mcp-items-only-in-completed.jsonl";

describe.skipIf(recordings.length === 0).each(carriers)("over %s", (_carrier, itemsOf) => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 });

  it.each(recordings)("$name collects to the output that its end repeats, in its order", async ({ lines, output }) => {
    await fc.assert(
      fc.asyncProperty(sizes, async (cut) => {
        expect(comparable(await itemsOf(lines, cut))).toEqual(comparable(output));
      }),
      { numRuns: 3 },
    );
  });

  const rebuilt = recordings.filter(({ name }) => !name.startsWith(TOLD_AT_THE_END));
  it.each(rebuilt)("$name collects to the same where its end repeats nothing", async ({ lines, output }) => {
    const [cut = []] = fc.sample(sizes, { numRuns: 1 });
    expect(comparable(await itemsOf(blanked(lines), cut))).toEqual(comparable(output));
  });
});
