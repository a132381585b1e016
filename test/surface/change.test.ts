import { describe, expect, test } from "vitest";
import { nextVersion, surfaceChange } from "../../scripts/release/surface-change.mjs";

function report({ names = ["CodexApi", "type CallOptions"], shapes = [] as string[], named = [] as string[] } = {}) {
  return `# codex-wire: what users can import\n\n${names.join("\n")}\n\n# Their shapes\n\n${shapes.join("\n\n")}\n\n# What those name\n\n${named.join("\n\n")}\n`;
}

const OPTIONS = "interface CallOptions {\n    readonly signal?: AbortSignal | undefined;\n}";
const EVENT = 'interface DoneEvent {\n    readonly type: "done";\n}';

describe("the public surface asks for", () => {
  test.each([
    ["patch where it is the same", report({ shapes: [OPTIONS] }), report({ shapes: [OPTIONS] }), "patch"],
    [
      "patch where declarations stand in another order",
      report({ shapes: [OPTIONS, EVENT] }),
      report({ shapes: [EVENT, OPTIONS] }),
      "patch",
    ],
    ["major where a name is gone", report(), report({ names: ["CodexApi"] }), "major"],
    ["minor where a name is new", report(), report({ names: ["CodexApi", "noAuth", "type CallOptions"] }), "minor"],
    [
      "minor where an option is new",
      report({ shapes: [OPTIONS] }),
      report({ shapes: [OPTIONS.replace("}", "    readonly raw?: boolean | undefined;\n}")] }),
      "minor",
    ],
    [
      "major where an option must be given",
      report({ shapes: [OPTIONS] }),
      report({ shapes: [OPTIONS.replace("}", "    readonly raw: boolean;\n}")] }),
      "major",
    ],
    [
      "major where an option is gone",
      report({ shapes: [OPTIONS] }),
      report({ shapes: ["interface CallOptions {\n}"] }),
      "major",
    ],
    [
      "minor where an event says more",
      report({ shapes: [EVENT] }),
      report({ shapes: [EVENT.replace("}", "    readonly at: number;\n}")] }),
      "minor",
    ],
    [
      "major where a member has another type",
      report({ shapes: [EVENT] }),
      report({ shapes: [EVENT.replace('"done"', "string")] }),
      "major",
    ],
    [
      "minor where a union has one more",
      report({ shapes: ['type Carrier = "http" | "auto";'] }),
      report({ shapes: ['type Carrier = "http" | "websocket" | "auto";'] }),
      "minor",
    ],
    [
      "major where a union has one less",
      report({ shapes: ['type Carrier = "http" | "auto";'] }),
      report({ shapes: ['type Carrier = "http";'] }),
      "major",
    ],
    [
      "major where an argument is new that must be given",
      report({ shapes: ["function noAuth(): AuthProvider;"] }),
      report({ shapes: ["function noAuth(why: string): AuthProvider;"] }),
      "major",
    ],
    [
      "minor where there is one more way to call",
      report({ shapes: ["function noAuth(): AuthProvider;"] }),
      report({ shapes: ["function noAuth(): AuthProvider;\nfunction noAuth(why: string): AuthProvider;"] }),
      "minor",
    ],
    [
      "major where what an export names is different",
      report({ named: ["interface Fields {\n    readonly a: string;\n}"] }),
      report({ named: ["interface Fields {\n    readonly a: number;\n}"] }),
      "major",
    ],
  ] as const)("%s", (_what, before, after, level) => {
    const change = surfaceChange(before, after);
    expect(change.level).toBe(level);
    expect(change.reasons.length > 0).toBe(level !== "patch");
  });
});

test.each([
  ["1.4.2", "major", "2.0.0"],
  ["1.4.2", "minor", "1.5.0"],
  ["1.4.2", "patch", "1.4.3"],
  ["0.4.2", "major", "0.5.0"],
  ["0.4.2", "minor", "0.4.3"],
] as const)("after %s a %s change makes %s", (version, level, next) => expect(nextVersion(version, level)).toBe(next));
