import { expect, test } from "vitest";
import { chartsOf, drawn } from "../../../bench/charts.mjs";
import { readProjectFile } from "../../support/project-files.ts";

const page = `# Performance

![CPU of a stream](images/bench-stream.svg)

| client | CPU | to the floor |
|---|---|---|
| floor | 1,200 ms | 1.00 |
| **codex-wire** | **600 ms** | **0.50** |
| a < \`b\` | 2400 ms | 2.00 |
`;

test("a table becomes bars whose lengths are its figures", () => {
  const chart = chartsOf(page).get("images/bench-stream.svg");
  expect(chart?.title).toBe("CPU of a stream");
  expect(chart?.bars).toEqual([
    { name: "floor", value: 1200, shown: "1,200 ms", isOurs: false },
    { name: "codex-wire", value: 600, shown: "600 ms", isOurs: true },
    { name: "a < b", value: 2400, shown: "2400 ms", isOurs: false },
  ]);
  const svg = drawn(chart!);
  const widths = Array.from(svg.matchAll(/<rect class="bar(?: ours)?"[^>]* width="([\d.]+)"/g), ([, width]) =>
    Number(width),
  );
  expect(widths).toEqual([170, 85, 340]);
  expect(svg).toContain(">a &lt; b</text>");
});

test("a figure that cannot be read, and an image without a table, are errors", () => {
  expect(() => chartsOf(page.replace("1,200 ms", "-"))).toThrow("| floor | - |");
  expect(() => chartsOf("![x](images/bench-x.svg)\n")).toThrow("no table follows");
});

test("the charts of docs/performance.md match its tables; npm run charts redraws them", () => {
  for (const [path, chart] of chartsOf(readProjectFile("docs/performance.md")))
    expect(readProjectFile(`docs/${path}`), path).toBe(drawn(chart));
});
