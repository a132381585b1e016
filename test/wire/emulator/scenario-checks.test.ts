import { describe, expect, it } from "vitest";
import { type Scenario, startEmulator } from "../../../src/emulator/index.ts";

describe("a scenario that is wrong", () => {
  it.each<[unknown, RegExp]>([
    [
      { rules: [{ when: { txet: "a" }, reply: {} }] },
      /`when` of rule 1 has an unknown name `txet`; did you mean `text`\?/,
    ],
    [{ rules: [{ reply: { anwser: "a" } }] }, /reply of rule 1 has an unknown name `anwser`; did you mean `answer`/],
    [{ rules: [{ reply: { answer: 7 } }] }, /^`answer` of a reply of rule 1 is 7; it must be a string$/],
    [
      { rules: [{ reply: { resetAfterEvents: "6" } }] },
      /`resetAfterEvents` .* is "6"; it must be a whole number of 0 or more/,
    ],
    [
      { rules: [{ reply: { toolCalls: [{ nme: "x" }] } }] },
      /`toolCalls` .*an object \{ name, namespace\?, arguments\?, input\? \}/,
    ],
    [
      { pace: { tokensPerSec: 5 }, rules: [] },
      /`pace` of the scenario .*"none" or "human", or an object \{ tokensPerSecond/,
    ],
    [
      { rules: [{ when: { turn: "1" }, reply: {} }] },
      /`turn` of `when` of rule 1 is "1"; it must be a whole number of 1 or more/,
    ],
    [{ rules: [{ when: { carrier: "ws" }, reply: {} }] }, /`carrier` .* is "ws"; it must be "http" or "websocket"/],
    [
      { rules: [{ when: { text: "/(/" }, reply: {} }] },
      /`text` .* is "\/\(\/"; it must be a part of a text, or a pattern/,
    ],
    [{ rules: [{ times: 0, reply: {} }] }, /`times` of rule 1 is 0/],
    [{ rules: [{}] }, /rule 1 has no `reply`/],
    [{}, /no `rules`/],
    ["x", /a scenario is an object/],
  ])("is refused: %j", async (scenario, message) => {
    await expect(startEmulator({ scenario: scenario as Scenario })).rejects.toThrow(message);
  });

  it.each<[object, RegExp]>([
    [{ scenarioFil: "x" }, /the emulator has an unknown name `scenarioFil`; did you mean `scenarioFile`\?/],
    [{ pace: "slow" }, /`pace` of the emulator is "slow"; it must be "none" or "human"/],
    [{ port: "x" }, /`port` .* must be a whole number from 0 to 65535/],
    [{ replay: { folder: "x", timing: "slow" } }, /`replay` .* must be an object \{ folder, timing\?, strict\? \}/],
  ])("and so are options: %j", async (options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(message);
  });
});
