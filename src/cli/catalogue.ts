import { version as packageVersion } from "../index.ts";
import type { Commands } from "./description.ts";
import { explained, wrapped } from "./terminal/layout.ts";

/** A Map, not an object, so that `constructor` is not found as a command. */
export const commands: Commands = new Map(
  Object.entries({
    respond: {
      summary: "stream one response; PROMPT from the argument or standard input",
      load: async () => (await import("./commands/respond.ts")).respond,
    },
    resume: {
      summary: "continue a background response",
      load: async () => (await import("./commands/resume.ts")).resume,
    },
    responses: {
      summary: "get, cancel or delete a stored response, or list its input items",
      load: async () => (await import("./commands/responses.ts")).responses,
    },
    session: {
      summary: "send several full requests, one a line of a file, through one session",
      load: async () => (await import("./commands/session.ts")).session,
    },
    compact: {
      summary: "compact a history",
      load: async () => (await import("./commands/compact.ts")).compact,
    },
    memories: {
      summary: "summarize raw memories",
      load: async () => (await import("./commands/memories.ts")).memories,
    },
    models: {
      summary: "list models",
      load: async () => (await import("./commands/models.ts")).models,
    },
    upload: {
      summary: "upload a file for use in requests",
      load: async () => (await import("./commands/upload.ts")).upload,
    },
    realtime: {
      summary: "talk to a realtime session by text or from a recording",
      load: async () => (await import("./commands/realtime.ts")).realtime,
    },
    doctor: {
      summary: "check CA bundle and proxy, then each step of a connection",
      load: async () => (await import("./commands/doctor.ts")).doctor,
    },
    gateway: {
      summary: "run a local Responses endpoint for other programs; they never see the credential",
      load: async () => (await import("./commands/gateway.ts")).gateway,
    },
    emulator: {
      summary: "run a local server that answers as the API does",
      load: async () => (await import("./commands/emulator.ts")).emulator,
    },
    completion: {
      summary: "print what a shell needs to complete commands and options",
      load: async () => (await import("./commands/completion.ts")).completion(commands),
    },
  }),
);

/** The text that is printed if no command is given. */
export function usage(columns = 100): string {
  const rows = [...commands].map(([name, { summary }]) => [name, summary] as const);
  const notes = [
    "codex-wire COMMAND --help explains a command; codex-wire --version prints the version.",
    "Without a key (OPENAI_API_KEY) and without --base-url the calls run against the built-in emulator.",
  ];
  return [
    ...wrapped(`codex-wire ${packageVersion}: the Codex and OpenAI Responses APIs from the terminal`, columns),
    "",
    "usage: codex-wire COMMAND [OPTIONS]",
    "",
    ...explained(rows, columns),
    "",
    ...notes.flatMap((note) => wrapped(note, columns)),
    "",
  ].join("\n");
}
