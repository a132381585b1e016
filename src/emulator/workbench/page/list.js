// The list of rows.
import { enter, renderDetail } from "./detail.js";
import { at, element } from "./elements.js";
import { selectEvent } from "./events.js";
import { view } from "./view.js";

/** @import { Row } from "./row.js" */

/** @type {Map<Row, HTMLElement>} */
const elements = new Map();

/** @param {boolean} isAll - true if rows were removed; otherwise only changed rows are drawn. */
export function renderRows(isAll) {
  const list = at("rows");
  const { rows, changed } = view.model;
  if (isAll) {
    elements.clear();
    list.replaceChildren(...rows.map(fillRow));
  } else {
    for (const row of changed) {
      const isNew = !elements.has(row);
      const made = fillRow(row);
      if (isNew) list.append(made);
    }
  }
  renderCount();
}

/** Whether there are new rows that were not drawn yet. */
export function hasNewRows() {
  return [...view.model.changed].some((row) => !elements.has(row));
}

function renderCount() {
  const { rows } = view.model;
  view.shown = rows.filter((row) => !elements.get(row)?.hidden);
  const bad = view.shown.filter(({ isBad }) => isBad).length;
  const open = view.shown.filter(({ isOver }) => !isOver).length;
  const parts = [`${view.shown.length} of ${rows.length}`, `${open} open`, ...(bad > 0 ? [`${bad} with errors`] : [])];
  at("count").textContent = parts.join(" · ");
  at("empty").hidden = rows.length > 0;
  at("detail").hidden = !view.row;
}

function rowElement(/** @type {Row} */ row) {
  const made = element("div", "row");
  made.id = `row-${row.id}`;
  made.setAttribute("role", "option");
  made.addEventListener("click", () => {
    follow(false);
    select(row);
    enter();
  });
  elements.set(row, made);
  return made;
}

function fillRow(/** @type {Row} */ row) {
  const made = elements.get(row) ?? rowElement(row);
  const first = element("div", "first");
  first.append(element("span", "path", labelOf(row)));
  if (row.lane !== undefined) first.append(element("span", "badge lane", `lane ${row.lane}`));
  if (row.isIncrement) first.append(element("span", "badge increment", `+${row.inputItems}`));
  const status = String(row.status ?? (row.isOver ? "sent" : "…"));
  first.append(element("span", row.isOver ? "status" : "status open", status));
  const second = element("div", "second");
  const time = new Date(row.exchange.begunAt + row.at).toLocaleTimeString([], { hour12: false });
  second.append(
    element("span", "", time),
    element("span", "said", row.said),
    element("span", "", `${row.events.length} ev`),
  );
  made.replaceChildren(first, second);
  made.className = `row${row.isBad ? " bad" : ""}${row === view.row ? " chosen" : ""}`;
  made.setAttribute("aria-selected", String(row === view.row));
  made.hidden = !row.matches(view.query);
  return made;
}

function labelOf(/** @type {Row} */ { kind, request, exchange: { head } }) {
  if (kind === "turn") return `→ ${request?.type ?? "message"}`;
  return kind === "connection" ? `WS ${head.path}` : `${head.method} ${head.path}`;
}

/** @param {Row} row @param {{ scrolls?: boolean }} [options] */
export function select(row, { scrolls = true } = {}) {
  const before = view.row;
  view.row = row;
  view.event = -1;
  for (const each of [before, row]) if (each && elements.has(each)) fillRow(each);
  const made = elements.get(row);
  at("rows").setAttribute("aria-activedescendant", made?.id ?? "");
  if (scrolls) made?.scrollIntoView({ block: "nearest" });
  at("detail").hidden = false;
  at("events").scrollTop = 0;
  renderDetail();
}

/** Whether new rows are chosen automatically. */
export function follow(/** @type {boolean} */ isOn) {
  view.follows = isOn;
  at("follow").setAttribute("aria-pressed", String(isOn));
}

/** Chooses the row that is this many further down. */
export function move(/** @type {number} */ step) {
  const index = view.row ? view.shown.indexOf(view.row) : -1;
  const next = view.shown[Math.max(0, Math.min(view.shown.length - 1, index + step))];
  if (!next) return;
  follow(false);
  select(next);
}

/** Shows only rows with the text in their request or their events, and chooses the first such event. */
export function search(/** @type {string} */ text) {
  const query = text.trim().toLowerCase();
  view.query = query;
  for (const [row, made] of elements) made.hidden = !row.matches(query);
  renderCount();
  const [first] = view.shown;
  if (query !== "" && first && !(view.row && view.shown.includes(view.row))) select(first, { scrolls: false });
  const hit = query === "" ? -1 : (view.row?.events.findIndex(({ data }) => data.toLowerCase().includes(query)) ?? -1);
  if (hit !== -1) selectEvent(hit);
  else renderDetail();
}
