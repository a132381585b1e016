import type { Pace } from "../delivery/pace.ts";
import type { Step } from "../delivery/script.ts";
import type { RecordedRequest } from "../journal/recording.ts";

/** Part of a text, whatever its case; in slashes (`/^run \w+/i`), as it must be in a file, or as a `RegExp`, a pattern. */
export type TextPattern = string | RegExp;

/** What a request must be like; all that is said must hold. */
export interface Condition {
  /** In the newest message of the user. */
  readonly text?: TextPattern;
  /** In `instructions`, or in a system or developer message. */
  readonly instructions?: TextPattern;
  /** The model; `*` stands for any characters. */
  readonly model?: string;
  /** A tool of this name is declared, in `tools` or in an item. */
  readonly tool?: string;
  /** The newest items of the input are outputs of tools, and one of them says this; `true`: whatever they say. */
  readonly toolOutput?: TextPattern | true;
  /** The how-manieth request for a response it is, of this test, from 1. */
  readonly turn?: number;
  readonly carrier?: "http" | "websocket";
  /** Whether it names a `previous_response_id`. */
  readonly continued?: boolean;
  /** Whether it wants a stream, over HTTP. */
  readonly stream?: boolean;
  /** The path, `*` for any characters. Without one a rule is for requests for a response alone. */
  readonly path?: string;
  readonly method?: string;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, TextPattern>>;
  /** Fields of the body: objects may hold more, everything else is equal. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** What is answered: a step, the emulated model (`"model"`), or what a function decides. */
export type Reply = Step | "model" | ((request: RecordedRequest) => Step | "model" | Promise<Step | "model">);

/** If a request is like this, it is answered like that. */
export interface Rule {
  /** For the journal. Default: its number. */
  readonly name?: string;
  /** Default: every request for a response; a rule whose replies are about handshakes: every handshake. */
  readonly when?: Condition | ((request: RecordedRequest) => boolean);
  /** A list is a sequence: the first match takes the first, and the last stays for all that follow. */
  readonly reply: Reply | readonly Reply[];
  /** How often it holds, in each test. Default: always. */
  readonly times?: number;
}

/** What an emulator answers to which request; the first rule that matches decides. */
export interface Scenario {
  /** A request for a response that no rule matches is refused, and the refusal says why none did. Default false: the model answers. */
  readonly strict?: boolean;
  /** Default: the emulator's own. */
  readonly pace?: Pace;
  readonly rules: readonly Rule[];
}
