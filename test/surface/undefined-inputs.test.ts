import { expect, expectTypeOf, test } from "vitest";
import {
  type Condition,
  type EmulatedRateLimits,
  type EmulatorOptions,
  type RecordOptions,
  type ReplayOptions,
  type Rule,
  type Scenario,
  type Step,
  startEmulator,
  type TestHooks,
  type WaitOptions,
  type WorkbenchOptions,
} from "../../src/emulator/index.ts";
import type {
  CodexApiOptions,
  MemorySummarizeInput,
  ProviderConfig,
  ResponsesOptions,
  SearchCommands,
  SearchRequest,
  SearchSettings,
  SessionOptions,
} from "../../src/index.ts";

/** All optional fields of an input, each of them undefined. */
type Unset<Input> = {
  readonly [Name in keyof Input as string extends Name
    ? never
    : Record<never, never> extends Pick<Input, Name>
      ? Name
      : never]-?: undefined;
};

// `request-types.test.ts` tests what must not compile.
test("every optional field of what callers give may be undefined, and is then its default", async () => {
  expectTypeOf<Unset<EmulatorOptions>>().toExtend<Partial<EmulatorOptions>>();
  expectTypeOf<Unset<EmulatedRateLimits>>().toExtend<Partial<EmulatedRateLimits>>();
  expectTypeOf<Unset<Step>>().toExtend<Partial<Step>>();
  expectTypeOf<Unset<Condition>>().toExtend<Partial<Condition>>();
  expectTypeOf<Unset<Rule>>().toExtend<Partial<Rule>>();
  expectTypeOf<Unset<Scenario>>().toExtend<Partial<Scenario>>();
  expectTypeOf<Unset<WaitOptions>>().toExtend<Partial<WaitOptions>>();
  expectTypeOf<Unset<RecordOptions>>().toExtend<Partial<RecordOptions>>();
  expectTypeOf<Unset<ReplayOptions>>().toExtend<Partial<ReplayOptions>>();
  expectTypeOf<Unset<WorkbenchOptions>>().toExtend<Partial<WorkbenchOptions>>();
  expectTypeOf<Unset<TestHooks>>().toExtend<Partial<TestHooks>>();
  expectTypeOf<Unset<SearchRequest>>().toExtend<Partial<SearchRequest>>();
  expectTypeOf<Unset<SearchCommands>>().toExtend<Partial<SearchCommands>>();
  expectTypeOf<Unset<SearchSettings>>().toExtend<Partial<SearchSettings>>();
  expectTypeOf<Unset<MemorySummarizeInput>>().toExtend<Partial<MemorySummarizeInput>>();
  expectTypeOf<Unset<CodexApiOptions>>().toExtend<Partial<CodexApiOptions>>();
  expectTypeOf<Unset<ProviderConfig>>().toExtend<Partial<ProviderConfig>>();
  expectTypeOf<Unset<ResponsesOptions>>().toExtend<Partial<ResponsesOptions>>();
  expectTypeOf<Unset<SessionOptions>>().toExtend<Partial<SessionOptions>>();
  const step: Step = { status: undefined, raw: undefined, answer: "hi", pace: undefined };
  const rules: Rule[] = [{ name: undefined, when: { text: "hi", model: undefined }, reply: step, times: undefined }];
  await using emulator = await startEmulator({ port: undefined, host: undefined, tls: undefined, scenario: { rules } });
  const sent = await fetch(`${emulator.url}/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", input: "hi" }),
  });
  expect(await sent.text()).toContain('"text":"hi"');
});
