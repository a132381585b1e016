import type { ServerResponse } from "node:http";
import { grouped } from "../headers.ts";
import type { Exchange } from "../workbench/exchanges/exchange.ts";
import { answerOf, endOf, Player } from "../workbench/transcripts/player.ts";
import type { Transcript } from "../workbench/transcripts/transcript.ts";
import { writeHead } from "./answer.ts";
import type { EventStream } from "./event-stream.ts";

/** Answers as recorded, byte for byte, and ends as recorded; a recording that the client left is cut there. */
export async function replayHttp(
  transcript: Transcript,
  timing: "original" | "none",
  response: ServerResponse,
  outlet: EventStream,
  passing: Exchange,
): Promise<void> {
  const { gone } = outlet;
  for await (const entry of new Player(transcript, timing, gone.signal).play()) {
    switch (entry.kind) {
      case "answer":
        passing.pass(entry);
        writeHead(response, entry.status, headersOf(transcript));
        response.flushHeaders();
        break;
      case "event":
        await outlet.sendBatch([{ type: entry.type, json: entry.data }]);
        break;
      case "body":
        await outlet.sendRaw(Buffer.from(entry.data));
        break;
      case "end":
        if (entry.how === "finished") outlet.finish();
        else if (entry.how === "reset") await outlet.reset();
        else await outlet.terminate();
        break;
      default: // messages of a WebSocket
    }
  }
  if (!gone.hasHappened && !answerOf(transcript)) await outlet.terminate();
}

/** As recorded. If the body is shorter because credentials were removed from it, the length is adjusted. */
function headersOf(transcript: Transcript): ReturnType<typeof grouped> {
  const headers = grouped(answerOf(transcript)?.headers ?? []);
  if (headers["content-length"] === undefined || endOf(transcript).how !== "finished") return headers;
  const bytes = transcript.entries.reduce(
    (sum, entry) => sum + (entry.kind === "body" ? Buffer.byteLength(entry.data) : 0),
    0,
  );
  return bytes === 0 ? headers : { ...headers, "content-length": String(bytes) };
}
