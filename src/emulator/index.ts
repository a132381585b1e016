/**
 * A local server that answers like the Responses API, over HTTP and WebSocket: {@link startEmulator}. It is for a first look without a key,
 * and for tests, with every fault that a network has.
 *
 * @module
 */

// It has encoders of its own: it must not import anything of `src/api`, `src/client` or `src/cli` but types of the wire, or the client would
// be tested against itself. Start at `start.ts`, then `delivery/script.ts` for the faults, `scenario/scenario.ts` for the rules and
// `responses/events/generation.ts` for the events.

export type { Pace } from "./delivery/pace.ts";
export type { CalledTool, Script, Step, StepAnswer, StepHeaders, StepItems } from "./delivery/script.ts";
export { answer, refusal, toolCalls } from "./delivery/script.ts";
export type { JournalEntry } from "./journal/journal.ts";
export type { RecordedRequest } from "./journal/recorded-request.ts";
export type {
  EmulatedRateLimits,
  EmulatedTest,
  Emulator,
  EmulatorOptions,
  LimitFamily,
  LimitWindow,
  RecordOptions,
  ReplayOptions,
  ScenarioControl,
} from "./options/options.ts";
export type { Condition, Reply, Rule, Scenario, TextPattern } from "./scenario/scenario.ts";
export type { WaitOptions } from "./scenario/waiting.ts";
export { startEmulator } from "./start.ts";
export { type TestHooks, useEmulator } from "./testing.ts";
export type { Exchange } from "./workbench/exchanges/exchange.ts";
export type { Ending, Entry, ExchangeHead, Header, Passed } from "./workbench/exchanges/passed.ts";
export type { TrafficListener } from "./workbench/exchanges/traffic.ts";
export type { Inspector, Passing } from "./workbench/inspector.ts";
export type { UpstreamOptions } from "./workbench/relay/upstream.ts";
export { Workbench, type WorkbenchOptions } from "./workbench/workbench.ts";
