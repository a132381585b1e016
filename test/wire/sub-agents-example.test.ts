import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const EXAMPLE = join(import.meta.dirname, "../../examples/sub-agents.mjs");

test("the example of four sub-agents: one is corrected, one interrupted, all over one WebSocket, and nothing is sent twice", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE], { env: { PATH: process.env.PATH } });
  const lines = stdout.trim().split("\n");
  expect(lines.slice(0, 2).sort()).toEqual([
    "counter: corrected, and goes on",
    "searcher: interrupted, and gets another task",
  ]);
  expect(lines.slice(2, 4)).toEqual(["reader: twelve files", "tester: all tests pass"]);
  expect(lines[4]).toMatch(/^counter: .*17\*23 = 391$/);
  expect(lines.slice(5)).toEqual([
    "searcher: nothing to report",
    "four reports",
    "8 answers over 1 WebSocket; requests sent whole: { first_request: 1 }",
  ]);
});
