import { givenId } from "../background/given-id.ts";
import { cancelOnLeaveOption, printBackground } from "../background/print.ts";
import { commonOptions, eventsOption, idleTimeoutOption, maxRetriesOption, serviceOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";
import { openConnection } from "../service/connection.ts";

/** `codex-wire resume ID`: the rest of a background response, from its beginning or after a given event. */
export const resume = defineCommand({
  name: "resume",
  argument: "ID",
  about:
    "Continues a background response: streams it from the beginning or after an event, and waits until it is finished.",
  commonOptions,
  examples: [["codex-wire resume resp_123 --after 41", "the events after number 41"]],
  options: {
    after: wholeNumber("sequence number of the last event that is known; default: all events"),
    cancelOnLeave: cancelOnLeaveOption,
    json: eventsOption,
    ...serviceOptions,
    idleTimeoutMs: idleTimeoutOption("the next event"),
    maxRetries: maxRetriesOption,
  },
  async run({ argument, values, logger, signal }) {
    const id = givenId(argument, "resume");
    const { after, cancelOnLeave, json } = values;
    const connection = await openConnection(values, logger);
    try {
      const stream = await connection.api.responses.resume(id, { after, cancelOnLeave, signal });
      await printBackground(stream, { json, cancelOnLeave });
    } finally {
      await connection.close();
    }
  },
});
