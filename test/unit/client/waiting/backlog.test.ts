import { expect, test } from "vitest";
import { Backlog } from "../../../../src/client/waiting/backlog.ts";

test("a source is paused once above the limit, and resumed once nothing waits", () => {
  const calls: string[] = [];
  const backlog = new Backlog(10, { pause: () => calls.push("pause"), resume: () => calls.push("resume") });
  backlog.add(10);
  backlog.clear();
  expect([calls, backlog.isPaused]).toEqual([[], false]);
  backlog.add(10);
  backlog.add(1);
  backlog.add(50); // what was under way when it was paused
  expect([calls, backlog.isPaused]).toEqual([["pause"], true]);
  backlog.clear();
  backlog.clear();
  expect([calls, backlog.isPaused]).toEqual([["pause", "resume"], false]);
  backlog.add(10);
  expect(calls).toEqual(["pause", "resume"]);
});
