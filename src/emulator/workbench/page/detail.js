// The chosen row.
import { curlOf } from "./curl.js";
import { at, element, marked } from "./elements.js";
import { pretty, renderEvent, renderEvents, renderTimeline } from "./events.js";
import { duration, isLongGap } from "./timeline.js";
import { TABS, view } from "./view.js";

/** @import { Row } from "./row.js" */

export function renderDetail() {
  const { row, tab } = view;
  if (!row) return;
  const { head, id } = row.exchange;
  at("heading").textContent =
    row.kind === "turn" ? `${row.request?.type ?? "message"} on ${head.path}` : `${head.method} ${head.path}`;
  at("transcript").setAttribute("href", `/workbench/exchanges/${id}`);
  at("facts").replaceChildren(...factsOf(row));
  renderTimeline();
  at("legend").textContent = legendOf(row);
  at("event-count").textContent = String(row.events.length);
  for (const each of TABS) at(`tab-${each}`).setAttribute("aria-selected", String(each === tab));
  at("events").hidden = tab !== "events";
  at("content").hidden = tab === "events";
  renderEvents();
  renderEvent();
  if (tab !== "events") at("content").replaceChildren(marked(CONTENTS[tab](row), view.query));
}

/** The content of the other tabs. */
const CONTENTS = {
  text: (/** @type {Row} */ { text }) => text || "(no text)",
  request(/** @type {Row} */ { exchange: { head }, sentText }) {
    return [`${head.method} ${head.path}`, ...head.headers.map(line), "", pretty(sentText)].join("\n");
  },
  answer(/** @type {Row} */ { exchange: { answer, body } }) {
    const lines = answer ? [String(answer.status), ...answer.headers.map(line)] : ["(no answer yet)"];
    return [...lines, "", pretty(body)].join("\n");
  },
};

function line(/** @type {[name: string, value: string]} */ [name, value]) {
  return `${name}: ${value}`;
}

function factsOf(/** @type {Row} */ row) {
  const items = `${row.inputItems} new ${row.inputItems === 1 ? "item" : "items"}`;
  /** @type {[name: string, value: unknown][]} */
  const facts = [
    ["status", row.status ?? (row.isOver ? "sent" : "open")],
    ["took", duration(row.endAt - row.at)],
    ["first token", row.firstDeltaAt === undefined ? undefined : duration(row.firstDeltaAt - row.at)],
    ["rate", row.tokensPerSecond === undefined ? undefined : `${row.tokensPerSecond.toFixed(0)} deltas/s`],
    ["tokens", row.usage && `${row.usage.input_tokens} in, ${row.usage.output_tokens} out`],
    ["model", row.request?.model],
    ["lane", row.lane],
    ["increment", row.isIncrement ? `${items} after ${row.request?.previous_response_id}` : undefined],
    ["connection", row.exchange.head.connection],
  ];
  return facts.flatMap(([name, value]) => {
    if (value === undefined) return [];
    const pair = element("div");
    const isBad = name === "status" && row.isBad;
    pair.append(element("dt", "", name), element("dd", isBad ? "bad" : "", String(value)));
    return [pair];
  });
}

function legendOf(/** @type {Row} */ row) {
  const total = row.endAt - row.at;
  const shaded = row.events.filter(({ gap }) => isLongGap(gap, total)).length;
  const longest = row.events.reduce((most, { gap }) => Math.max(most, gap), 0);
  const silence = `longest silence ${duration(longest)}${shaded > 0 ? ` (${shaded} shaded)` : ""}`;
  return `${row.events.length} events, ${row.deltas} deltas; ${silence}`;
}

/** Shows the row, if there is only room for the list or for the row. */
export function enter() {
  document.querySelector("main")?.classList.add("into");
  renderDetail();
}

export function leave() {
  document.querySelector("main")?.classList.remove("into");
  at("rows").focus();
}

export function show(/** @type {(typeof TABS)[number]} */ tab) {
  view.tab = tab;
  renderDetail();
}

const TOLD_MS = 1200;

export async function copyCurl() {
  if (!view.row) return;
  const text = curlOf(view.row, location.origin);
  const button = at("curl");
  const label = "Copy as curl";
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = label;
    }, TOLD_MS);
  } catch {
    // Some browsers do not let a page write to the clipboard; then the user copies the shown text.
    show("request");
    at("content").textContent = text;
  }
}
