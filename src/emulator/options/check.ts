import {
  anything,
  callback,
  check,
  choice,
  either,
  filled,
  type Kind,
  listOf,
  number,
  record,
  shape,
  text,
  toggle,
  whole,
} from "../checking/kinds.ts";
import { PACE } from "../delivery/step-kinds.ts";
import type { EmulatorOptions } from "./options.ts";

const OFF: Kind = { what: "false", accepts: (value) => value === false };

const OPTIONS = {
  port: whole(0, 65_535),
  host: filled,
  tls: either(toggle, shape({ cert: text, key: text })),
  pace: PACE,
  models: listOf(text),
  unknownParameters: choice("refuse", "accept"),
  contextWindow: number(1),
  allowedHosts: listOf(text),
  requireAuth: either(toggle, text),
  rateLimits: either(OFF, shape({ families: record }, { credits: record, planType: text, promoMessage: text })),
  serverModel: text,
  turnState: toggle,
  websockets: toggle,
  requireWebSocketBeta: toggle,
  announceMaxFrameBytes: toggle,
  compressFrames: toggle,
  backgroundStreamableMs: number(0),
  connectionLimitMs: number(0),
  connectionMaxRequests: whole(0),
  maxFrameBytes: whole(1),
  recordLimit: whole(0),
  script: either(listOf(record), callback), // its steps are looked through where they are read
  scenario: anything, // looked through by itself
  scenarioFile: text,
  onScenario: callback,
  record: shape({ folder: text, upstream: text }, { agent: anything, prompts: toggle, onError: callback }),
  replay: shape({ folder: text }, { timing: choice("original", "none"), strict: toggle }),
  onRequest: callback,
} satisfies Record<keyof EmulatorOptions, Kind>;

const EXCLUSIVE = [
  ["scenario", "scenarioFile"],
  ["record", "replay"],
] as const;

/** @throws An error that names the option that is wrong, and what was probably meant or may be there. */
export function checkOptions(options: EmulatorOptions): void {
  check(options, OPTIONS, "the emulator");
  for (const [one, other] of EXCLUSIVE)
    if (options[one] !== undefined && options[other] !== undefined)
      throw new Error(
        `the emulator has both \`${one}\` and \`${other}\`; only one of them can decide what is answered`,
      );
}
