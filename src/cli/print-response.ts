import { itemText, type ResponseStream } from "../index.ts";
import { output, say } from "./output.ts";
import { ResponseSummary } from "./response-summary.ts";

/** A response on standard output: one event a line, or its text, summed up on standard error where that is a terminal. */
export async function printResponse(stream: ResponseStream, { json }: { readonly json: boolean }): Promise<void> {
  const summary = new ResponseSummary();
  if (json) return printEvents(stream);
  await printText(stream, summary);
  if (process.stderr.isTTY) say(summary.line());
}

async function printEvents(stream: ResponseStream): Promise<void> {
  for await (const event of stream) await output.writeJson(event);
}

/**
 * The answer's text as it comes, a refusal too; an item whose words came in no piece, whole. Reasoning summaries and tool calls, which are not the answer,
 * on standard error.
 */
async function printText(stream: ResponseStream, summary: ResponseSummary): Promise<void> {
  let endsLine = true;
  let reasons = false;
  const told = new Set<number | undefined>();
  const write = async (words: string): Promise<void> => {
    if (words === "") return;
    if (reasons) process.stderr.write("\n\n");
    reasons = false;
    await output.write(words);
    endsLine = words.endsWith("\n");
  };
  try {
    for await (const event of stream) {
      summary.add(event);
      if (event.type === "output_text.delta" || event.type === "refusal.delta") {
        told.add(event.outputIndex);
        await write(event.delta);
      } else if (event.type === "output_item.done" && event.item.type === "message") {
        // Pieces without an index are those of the item that is finished next.
        const isTold = told.delete(event.outputIndex) || told.delete(undefined);
        if (!isTold) await write(itemText(event.item, "output_text") + itemText(event.item, "refusal"));
      } else if (event.type === "reasoning_summary_text.delta") {
        process.stderr.write(event.delta);
        reasons = true;
      } else if (event.type === "output_item.done" && event.item.type === "function_call") {
        say(`tool call: ${event.item.name}(${event.item.arguments})`);
      } else if (event.type === "restarted") {
        if (!endsLine) await output.write("\n");
        endsLine = true;
        told.clear();
        say(`the stream broke (${event.reason}); of the answer so far, ${event.keptItems} finished items stand`);
      } else if (event.type === "resumed") {
        const how = event.by === "stream" ? "is taken up where it was" : "is asked for until it is done";
        say(`the stream broke (${event.reason}); the response ${how}`);
      }
    }
  } finally {
    // Whatever ended the text, what follows it on a terminal begins on a line of its own.
    if (!endsLine) await output.write("\n");
  }
}
