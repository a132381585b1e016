import { nearestName } from "../../client/index.ts";
import type { CodexApi, StoredResponse } from "../../index.ts";
import { givenId } from "../background/given-id.ts";
import { commonOptions } from "../call-options.ts";
import { defineCommand } from "../command.ts";
import type { Command, CommandDescription } from "../description.ts";
import { UsageError } from "../failure.ts";
import { output } from "../output.ts";
import { openConnection } from "../service/connection.ts";
import { helpOf } from "../terminal/help.ts";
import { columnsOf } from "../terminal/window.ts";
import { callOnce, unaryOptions } from "../unary-command.ts";

const actions = new Map<string, Command>([
  [
    "get",
    unary("get", "Prints a stored response: its text, or with --json the whole object.", async (api, id, signal) =>
      shown(await api.responses.retrieve(id, { signal })),
    ),
  ],
  [
    "cancel",
    unary("cancel", "Cancels a response that runs in the background.", async (api, id, signal) =>
      shown(await api.responses.cancel(id, { signal })),
    ),
  ],
  [
    "delete",
    unary("delete", "Deletes a stored response.", async (api, id, signal) => {
      await api.responses.delete(id, { signal });
      return { json: { id, deleted: true }, text: `${id} is deleted\n` };
    }),
  ],
  ["items", items()],
]);

const description: CommandDescription = {
  name: "responses",
  argument: "ID",
  about: "Gets, cancels or deletes a response that the service stores.",
  options: {},
  actions,
  examples: [["codex-wire responses get resp_123 --json", "the whole object"]],
};

/** `codex-wire responses ACTION ID`: calls about a response that the service stores. */
export const responses: Command = Object.assign(
  async ([action = "", ...rest]: readonly string[], signal: AbortSignal): Promise<void> => {
    if (action === "" || action === "--help" || action === "-h")
      return output.write(helpOf(description, columnsOf(process.stdout)));
    const found = actions.get(action);
    if (!found) {
      const meant = nearestName(action, actions.keys());
      const advice = meant === undefined ? `it has ${[...actions.keys()].join(", ")}` : `did you mean ${meant}?`;
      throw new UsageError(
        `responses has no action ${JSON.stringify(action)}; ${advice} (see: codex-wire responses --help)`,
      );
    }
    await found(rest, signal);
  },
  { description },
);

interface Shown {
  readonly json: unknown;
  readonly text: string;
}

type Ask = (api: CodexApi, id: string, signal: AbortSignal) => Promise<Shown>;

/** An action that is a single call. */
function unary(action: string, about: string, ask: Ask): Command {
  const name = `responses ${action}`;
  return defineCommand({
    name,
    argument: "ID",
    about,
    commonOptions,
    options: unaryOptions,
    async run({ argument, values, logger, signal }) {
      const id = givenId(argument, name);
      await callOnce({
        values,
        logger,
        send: (api) => ask(api, id, signal),
        print: ({ text }) => text,
        toJson: ({ json }) => json,
      });
    },
  });
}

function items(): Command {
  return defineCommand({
    name: "responses items",
    argument: "ID",
    about: "Prints the input items of a stored response, one a line as JSON.",
    commonOptions,
    options: unaryOptions,
    async run({ argument, values, logger, signal }) {
      const id = givenId(argument, "responses items");
      const connection = await openConnection(values, logger);
      try {
        for await (const item of connection.api.responses.inputItems(id, { signal })) await output.writeJson(item);
      } finally {
        await connection.close();
      }
    },
  });
}

/** The text of the response if it has any, else its status. */
function shown(response: StoredResponse): Shown {
  const { responseId, status, text, reason, error } = response;
  const why = reason ?? error?.message ?? error?.code;
  const state = `${responseId} is ${status}${why === undefined ? "" : `: ${why}`}`;
  return { json: response.wire, text: `${text === "" || status === "cancelled" ? state : text}\n` };
}
