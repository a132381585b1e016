// `npm run charts`: draws the tables of docs/performance.md as bars, one SVG a table, in docs/images/; a table is drawn where the heading above it, or the
// text, shows `![…](images/bench-NAME.svg)`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * @typedef {{ readonly name: string, readonly value: number, readonly shown: string, readonly isOurs: boolean }} Bar
 * @typedef {{ readonly title: string, readonly bars: readonly Bar[] }} Chart
 */

const docs = fileURLToPath(new URL("../docs", import.meta.url));

const WIDTH = 720;
const ROW = 30;
const TOP = 44;
/** Where the bars begin; names stand before it. */
const LEFT = 290;
const RIGHT = 90;

/** The chart of each image that a page shows: of the first column of figures in the table that follows it. @returns {Map<string, Chart>} */
export function chartsOf(/** @type {string} */ page) {
  const charts = new Map();
  for (const { 1: title = "", 2: path = "", index } of page.matchAll(/!\[([^\]]*)\]\((images\/bench-[\w-]+\.svg)\)/g)) {
    const table = /^\|.*\n\|[-| ]+\n((?:\|.*\n?)+)/m.exec(page.slice(index))?.[1];
    if (table === undefined) throw new Error(`no table follows the image ${path}`);
    charts.set(path, { title, bars: table.trim().split("\n").map(barOf) });
  }
  return charts;
}

/** @returns {Bar} */
function barOf(/** @type {string} */ row) {
  const [, name = "", shown = ""] = row.split("|").map((cell) => cell.trim());
  const value = Number(/[\d.]+/.exec(shown.replaceAll(",", ""))?.[0]);
  if (Number.isNaN(value)) throw new Error(`the figure of this row cannot be read: ${row}`);
  return { name: name.replace(/[*`]/g, ""), shown: shown.replaceAll("*", ""), value, isOurs: name.includes("**") };
}

/** @returns {string} */
export function drawn(/** @type {Chart} */ { title, bars }) {
  const most = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ name, value, shown, isOurs }, index) => {
    const y = TOP + index * ROW;
    const length = Math.max(2, (value / most) * (WIDTH - LEFT - RIGHT));
    const middle = y + ROW / 2 + 1;
    return [
      `  <text class="name${isOurs ? " ours" : ""}" x="${LEFT - 10}" y="${middle}">${escaped(name)}</text>`,
      `  <rect class="${isOurs ? "bar ours" : "bar"}" x="${LEFT}" y="${y + 4}" width="${length.toFixed(1)}" height="${ROW - 10}" rx="3"/>`,
      `  <text class="figure" x="${(LEFT + length + 8).toFixed(1)}" y="${middle}">${escaped(shown)}</text>`,
    ].join("\n");
  });
  const height = TOP + bars.length * ROW + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
  <style>
    text { font: 14px system-ui, sans-serif; fill: #1f2328; dominant-baseline: middle }
    .title { font-weight: 600; font-size: 15px }
    .name { text-anchor: end }
    .ours { font-weight: 600 }
    .bar { fill: #9aa4b2 }
    .bar.ours { fill: #1a7f5a }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .bar { fill: #6b7686 }
      .bar.ours { fill: #3fb98a }
    }
  </style>
  <text class="title" x="10" y="22">${escaped(title)}</text>
${rows.join("\n")}
</svg>
`;
}

function escaped(/** @type {string} */ text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const charts = chartsOf(readFileSync(join(docs, "performance.md"), "utf8"));
  for (const [path, chart] of charts) {
    mkdirSync(dirname(join(docs, path)), { recursive: true });
    writeFileSync(join(docs, path), drawn(chart));
    console.log(`docs/${path}`);
  }
}
