import { describe, expect, it, test } from "vitest";
import { BuildError } from "../../../src/client/failure/kinds.ts";
import { knownOptions, nearestName } from "../../../src/client/options.ts";

const COMMANDS = ["respond", "responses", "resume", "session", "doctor", "gateway"];

describe("nearestName", () => {
  test.each([
    ["a letter too many", "doctorr", "doctor"],
    ["a letter missing", "dotor", "doctor"],
    ["two letters swapped", "docotr", "doctor"],
    ["another letter", "gatewax", "gateway"],
    ["other case", "DOCTOR", "doctor"],
    ["the nearer one of two that are near", "respons", "respond"],
    ["three differences in a short name", "dcr", undefined],
    ["four differences in ten letters", "sessionxyz", "session"],
    ["five differences in nine letters", "sessxyzwv", undefined],
    ["a name with nothing in common", "frobnicate", undefined],
    ["no name at all", "", undefined],
  ])("reads %s: %s", (_what, name, meant) => {
    expect(nearestName(name, COMMANDS)).toBe(meant);
  });

  it("takes the first of several that are as near", () => {
    expect(nearestName("cat", ["bat", "hat"])).toBe("bat");
    expect(nearestName("cat", new Set(["hat", "bat"]).values())).toBe("hat");
    expect(nearestName("cat", [])).toBeUndefined();
  });
});

describe("an object of options", () => {
  const check = knownOptions<{ baseUrl?: string; signal?: AbortSignal }>("the options of a test", {
    baseUrl: true,
    signal: true,
  });

  it("with a misspelt name is an error that suggests the right one", () => {
    expect(() => check({ baseURL: "x" } as never)).toThrow(
      'unknown option "baseURL" in the options of a test; did you mean baseUrl?',
    );
  });

  it("with a name that resembles none is an error that lists them all", () => {
    expect(() => check({ frobnicate: 1 } as never)).toThrow(/"frobnicate".*there are baseUrl, signal$/);
    expect(() => check({ frobnicate: 1 } as never)).toThrow(BuildError);
  });

  it("may hold what is undefined under any name", () => {
    expect(() => check({ baseUrl: "x", frobnicate: undefined } as never)).not.toThrow();
  });
});
