import { describe, expect, it, test } from "vitest";
import { BuildError } from "../../../src/client/failure/kinds.ts";
import { knownOptions, nearestName } from "../../../src/client/options.ts";

const COMMANDS = ["respond", "responses", "resume", "session", "doctor", "gateway"];

describe("nearestName", () => {
  test.each([
    ["an additional letter", "doctorr", "doctor"],
    ["a missing letter", "dotor", "doctor"],
    ["two letters swapped", "docotr", "doctor"],
    ["another letter", "gatewax", "gateway"],
    ["another case", "DOCTOR", "doctor"],
    ["the nearer of two similar names", "respons", "respond"],
    ["not with three differences in a short name", "dcr", undefined],
    ["four differences in ten letters", "sessionxyz", "session"],
    ["five differences in nine letters", "sessxyzwv", undefined],
    ["a name with nothing in common", "frobnicate", undefined],
    ["an empty name", "", undefined],
  ])("reads %s: %s", (_what, name, meant) => {
    expect(nearestName(name, COMMANDS)).toBe(meant);
  });

  it("takes the first of several equally near ones", () => {
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

  it("with a name that belongs elsewhere is an error that says where", () => {
    const advised = knownOptions(
      "the options of a test",
      { baseUrl: true },
      new Map([["baseURI", "set the variable"]]),
    );
    expect(() => advised({ baseURI: "x" })).toThrow(
      'unknown option "baseURI" in the options of a test; set the variable',
    );
  });

  it("may have undefined under any name", () => {
    expect(() => check({ baseUrl: "x", frobnicate: undefined } as never)).not.toThrow();
  });
});
