import type { ResponsesRequest } from "../../index.ts";
import {
  carrierOption,
  commonOptions,
  DEFAULT_MODEL,
  defaults,
  eventsOption,
  noteResponseOptions,
  responseOptions,
  serviceOptions,
} from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../failure.ts";
import { readRequestLines } from "../input.ts";
import { text, toggle, wholeNumber } from "../options.ts";
import { printResponse } from "../response/print.ts";
import { answerSideBySide } from "../response/side-by-side.ts";
import { openConnection } from "../service/connection.ts";

/** `codex-wire session`: several requests, one after the other, through one `ResponsesSession`. */
export const session = defineCommand({
  name: "session",
  needs: "--requests FILE",
  about: `Sends several requests through one session: over a WebSocket only what is new of each one travels.
The answers go to standard output in order; the first failure ends the session.`,
  commonOptions,
  examples: [
    ["codex-wire session --requests turns.jsonl --carrier websocket --json", "each line a whole request body"],
    ["codex-wire session --requests reviews.jsonl --lanes", "several answers at the same time, on one WebSocket"],
  ],
  options: {
    requests: text("FILE", "full request bodies as JSON, one a line; - is standard input"),
    model: text("MODEL", `of requests that name none; default ${DEFAULT_MODEL}`),
    carrier: carrierOption("auto"),
    lanes: toggle(
      'the requests are answered at the same time, each on its own lane (a conversation of its own); those with the same "lane" field share one, in order',
    ),
    json: eventsOption,
    ...serviceOptions,
    ...responseOptions,
    maxRetries: wholeNumber(
      `retries after a failure, and new streams after a broken one; default ${defaults.retry.maxRetries} and ${defaults.maxStreamRetries}`,
    ),
  },
  async run({ values, logger, signal }) {
    const { requests, conversationId, carrier, lanes, model = DEFAULT_MODEL, json } = values;
    noteResponseOptions(values, logger);
    if (requests === undefined)
      throw new UsageError("--requests FILE is missing: full request bodies as JSON, one a line");
    const bodies = await readRequestLines(requests, signal);
    const connection = await openConnection(values, logger);
    try {
      const conversation = connection.api.session({ carrier, conversationId });
      try {
        if (lanes) await answerSideBySide(conversation, bodies, { model, json, signal });
        else
          for (const body of bodies) {
            conversation.startTurn();
            const request = { model, ...body } as ResponsesRequest; // checked when it is encoded
            const sentAt = performance.now();
            await printResponse(await conversation.stream(request, { signal }), { json, sentAt });
          }
      } finally {
        await conversation.close();
      }
    } finally {
      await connection.close();
    }
  },
});
