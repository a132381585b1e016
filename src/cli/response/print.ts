import { itemText, type ResponseStream } from "../../index.ts";
import { output, say } from "../output.ts";
import { columnsOf } from "../terminal/window.ts";
import { ResponseSummary } from "./summary.ts";
import { Thoughts } from "./thoughts.ts";

export interface Printing {
  readonly json: boolean;
  /** When the request was sent, by `performance.now()`: the wait for the first token includes the connection and retries. Default: now. */
  readonly sentAt?: number | undefined;
}

/** Prints a response: one event per line, or its text, with a summary on standard error if that is a terminal. */
export async function printResponse(
  stream: ResponseStream,
  { json, sentAt = performance.now() }: Printing,
): Promise<void> {
  const summary = new ResponseSummary(sentAt);
  if (json) return printEvents(stream);
  await printText(stream, summary);
  if (process.stderr.isTTY) for (const line of summary.lines(columnsOf(process.stderr))) say(line);
}

async function printEvents(stream: ResponseStream): Promise<void> {
  for await (const event of stream) await output.writeJson(event);
}

/**
 * The answer's text as it arrives, or a refusal; an item whose text came in no delta is printed whole. Reasoning summaries and tool calls
 * go to standard error, the former under a heading and dimmed.
 */
async function printText(stream: ResponseStream, summary: ResponseSummary): Promise<void> {
  let endsLine = true;
  const thoughts = new Thoughts();
  const told = new Set<number | undefined>();
  const write = async (words: string): Promise<void> => {
    if (words === "") return;
    thoughts.end();
    await output.write(words);
    endsLine = words.endsWith("\n");
  };
  const endLine = async (): Promise<void> => {
    if (!endsLine) await output.write("\n");
    endsLine = true;
  };
  try {
    for await (const event of stream) {
      summary.add(event);
      if (event.type === "output_text.delta" || event.type === "refusal.delta") {
        told.add(event.outputIndex);
        await write(event.delta);
      } else if (event.type === "output_item.done" && event.item.type === "message") {
        // Deltas without an index belong to the item that finishes next.
        const isTold = told.delete(event.outputIndex) || told.delete(undefined);
        if (!isTold) await write(itemText(event.item, "output_text") + itemText(event.item, "refusal"));
      } else if (event.type === "reasoning_summary_text.delta") {
        thoughts.say(event.delta);
      } else if (event.type === "reasoning_summary_part.added") {
        thoughts.beginPart();
      } else if (event.type === "output_item.done" && event.item.type === "function_call") {
        thoughts.end();
        say(`tool call: ${event.item.name}(${event.item.arguments})`);
      } else if (event.type === "restarted" || event.type === "steered") {
        await endLine();
        told.clear();
        if (event.type === "restarted")
          say(`the stream broke (${event.reason}); ${event.keptItems} finished items of the answer remain valid`);
      } else if (event.type === "resumed") {
        const how = event.by === "stream" ? "is resumed where it broke" : "is polled until it is finished";
        say(`the stream broke (${event.reason}); the response ${how}`);
      }
    }
  } finally {
    thoughts.end();
    await endLine(); // whatever ended the text, the next output on a terminal begins on a new line
  }
}
