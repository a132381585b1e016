import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const EXAMPLE = join(import.meta.dirname, "../../../examples/voice-agent.mjs");

it("the example voice agent hears, speaks, calls a function and continues in another session", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [EXAMPLE], {
    env: { PATH: process.env.PATH },
    timeout: 20_000,
  });
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n")).toEqual([
    "user: sound of 0.5 seconds",
    expect.stringMatching(/^model: ./),
    expect.stringMatching(/^\(completed, \d+ tokens\)$/),
    expect.stringMatching(/^\(get_weather: \{"city":"/),
    expect.stringMatching(/^\(completed, \d+ tokens\)$/),
    expect.stringMatching(/^model: .*18 degrees and sunny/),
    expect.stringMatching(/^\(completed, \d+ tokens\)$/),
    "(6 items go on)", // two questions, two answers, the call and its output
    "model: Goodbye!",
    expect.stringMatching(/^\(completed, \d+ tokens\)$/),
  ]);
}, 30_000);
