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
    [
      { rules: [{ reply: { status: 429, headers: { "retry-after": 1 } } }] },
      /^`headers` of a reply of rule 1 is \{"retry-after":1\}; it must be an object, each entry a string, or a list of strings/,
    ],
    [{ rules: [{ reply: { headers: { "x y": "1" } } }] }, /`headers` of a reply of rule 1/],
    [{ rules: [{ reply: { headers: { x: "1\r\ny: 2" } } }] }, /`headers` of a reply of rule 1/],
    [{ rules: [{ reply: { headers: { x: ["1", 2] } } }] }, /`headers` of a reply of rule 1/],
    [{ rules: [{ reply: { refuse: { headers: { x: 1 } } } }] }, /^`headers` of `refuse` of a reply of rule 1/],
    [{ rules: [{ reply: { accept: { headers: { x: 1 } } } }] }, /^`headers` of `accept` of a reply of rule 1/],
    [{ rules: [{ reply: { status: 101 } }] }, /`status` .* is 101; it must be a whole number from 200 to 599/],
    [{ rules: [{ reply: { events: { type: "x" } } }] }, /`events` .* must be a list of events, or a generator/],
    [{ rules: [{ reply: { events: "x" } }] }, /`events` .* must be a list of events, or a generator/],
    [{ rules: [{ reply: { raw: [1] } }] }, /`raw` .* must be a string, or bytes, or a list of strings and bytes/],
    [{ rules: [{ reply: { frames: "x" } }] }, /`frames` .* must be a list of strings and bytes, or a generator/],
    [{ rules: [{ reply: { close: { code: 1005 } } }] }, /^`code` of `close` of a reply of rule 1 is 1005/],
    [
      { rules: [{ reply: { close: { code: 1000, reason: "é".repeat(62) } } }] },
      /^`reason` of `close` .* must be a string of at most 123 bytes/,
    ],
    [{ rules: [{ reply: { keepAliveEveryMs: 1e10 } }] }, /`keepAliveEveryMs` .* from 1 to 2147483647/],
    ["", /a scenario is an object/],
    [null, /a scenario is an object/],
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
    [
      { replay: { folder: "x", timing: "slow" } },
      /^`timing` of `replay` of the emulator is "slow"; it must be "original"/,
    ],
    [{ replay: { timing: "none" } }, /`replay` .* must be an object \{ folder, timing\?, strict\? \}/],
    [{ host: "" }, /`host` .* is ""; it must be a string that is not empty/],
    [{ scenario: [], scenarioFile: "x" }, /both `scenario` and `scenarioFile`/],
    [{ record: { folder: "x", upstream: "http://127.0.0.1" }, replay: { folder: "x" } }, /both `record` and `replay`/],
  ])("and so are options: %j", async (options, message) => {
    await expect(startEmulator(options)).rejects.toThrow(message);
  });
});
