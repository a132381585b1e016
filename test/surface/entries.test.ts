import { describe, expect, test } from "vitest";
import { readProjectFile } from "../support/project-files.ts";

/**
 * The names and types that users can import are in `api-report/`, and `npm run check` compares them. These tests check the values at run
 * time.
 */
const ENTRIES = [
  { name: "codex-wire", source: "src/index.ts", load: () => import("../../src/index.ts") },
  { name: "codex-wire/client", source: "src/client/index.ts", load: () => import("../../src/client/index.ts") },
  { name: "codex-wire/emulator", source: "src/emulator/index.ts", load: () => import("../../src/emulator/index.ts") },
  {
    name: "codex-wire/ai-sdk",
    source: "src/doors/ai-sdk/index.ts",
    load: () => import("../../src/doors/ai-sdk/index.ts"),
  },
  {
    name: "codex-wire/openai-agents",
    source: "src/doors/openai-agents/index.ts",
    load: () => import("../../src/doors/openai-agents/index.ts"),
  },
  {
    name: "codex-wire/opentelemetry",
    source: "src/doors/opentelemetry/index.ts",
    load: () => import("../../src/doors/opentelemetry/index.ts"),
  },
  {
    name: "codex-wire/fetch",
    source: "src/doors/fetch/index.ts",
    load: () => import("../../src/doors/fetch/index.ts"),
  },
  {
    name: "codex-wire/gateway",
    source: "src/doors/gateway/index.ts",
    load: () => import("../../src/doors/gateway/index.ts"),
  },
] as const;

describe.each(ENTRIES)("$name", ({ name, source, load }) => {
  const report = readProjectFile(`api-report/${name.replace("/", "-")}.txt`);
  const [, listed = ""] = report.split(/^# .*$/m);
  const values = listed
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("type "));

  test("gives, when it is imported, the values that its report names, and no others", async () => {
    expect(Object.keys(await load()).sort()).toEqual(values.sort());
  });

  test("gives durations in milliseconds, and says so in their names", () => {
    const durations = report.match(
      /\b\w*(?:Seconds|Minutes|Hours|Duration|Timeout|Tolerance|Delay|Interval|Age|Ttl)(?=\??: number)/g,
    );
    expect((durations ?? []).filter((name) => name !== "windowMinutes")).toEqual([]); // the service's own
  });

  test("means one thing by a carrier", () => {
    const carriers = [...report.matchAll(/\bcarrier\??: ([^;]+);/g)].flatMap(([, type = ""]) => type.split(" | "));
    const known = ['"http"', '"websocket"', "CarrierChoice", "undefined"];
    expect(carriers.filter((type) => !known.includes(type))).toEqual([]);
  });

  test("passes on no other file's exports as a whole", () => {
    expect(readProjectFile(source)).not.toMatch(/export \*/);
  });
});

test("package.json exports these entries and no file behind them", () => {
  const { exports } = JSON.parse(readProjectFile("package.json")) as { exports: Record<string, unknown> };
  const names = Object.keys(exports).map((key) => `codex-wire${key.slice(1)}`);
  expect(names).toEqual([...ENTRIES.map(({ name }) => name), "codex-wire/package.json"]);
});
