// The events of the chosen row. The document contains only the visible ones, because there may be many.
import { at, element, marked } from "./elements.js";
import { parse } from "./row.js";
import { drawTimeline, duration, isLongGap } from "./timeline.js";
import { view } from "./view.js";

/** @import { Event, Fields, Row } from "./row.js" */

const ROW_HEIGHT = 24;
const LONGEST_SUMMARY = 300;
const LONGEST_PARSED = 20_000;

export function renderEvents() {
  const { row } = view;
  if (view.tab !== "events" || !row) return;
  const list = at("events");
  const space = at("space");
  space.style.height = `${row.events.length * ROW_HEIGHT}px`;
  const first = Math.max(0, Math.floor(list.scrollTop / ROW_HEIGHT) - 5);
  const end = Math.min(row.events.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW_HEIGHT) + 5);
  const total = row.endAt - row.at;
  space.replaceChildren(
    ...row.events.slice(first, end).map((event, index) => eventElement(row, event, first + index, total)),
  );
}

/** @param {Row} row @param {Event} event @param {number} index @param {number} total */
function eventElement(row, event, index, total) {
  const isHit = view.query !== "" && event.data.toLowerCase().includes(view.query);
  const isChosen = index === view.event;
  const names = ["event", event.isBad && "bad", event.isSent && "sent", isChosen && "chosen", isHit && "hit"];
  const made = element("div", names.filter(Boolean).join(" "));
  made.style.top = `${index * ROW_HEIGHT}px`;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", String(isChosen));
  made.dataset.index = String(index);
  made.append(
    element("span", "at", duration(event.at - row.at)),
    element("span", isLongGap(event.gap, total) ? "gap long" : "gap", `+${duration(event.gap)}`),
    typeElement(event),
    element("span", "sum", summary(event)),
  );
  return made;
}

/** The first word, with which all types begin, may be hidden if there is no room. */
function typeElement(/** @type {Event} */ { type, isSent }) {
  const made = element("span", "type", isSent ? "→ " : "");
  const family = type.startsWith("response.") && type.split(".").length > 2 ? "response." : "";
  made.append(element("span", "family", family), type.slice(family.length));
  return made;
}

function summary(/** @type {Event} */ { data, type }) {
  if (type.endsWith(".delta")) return JSON.stringify(parse(data)?.delta ?? "");
  if (type === "end" || data.length > LONGEST_PARSED) return data.slice(0, LONGEST_SUMMARY);
  const { type: _type, sequence_number: _number, ...rest } = parse(data) ?? {};
  const response = /** @type {Fields | undefined} */ (rest.response);
  const item = rest.item ?? rest.error ?? response?.error ?? rest.part;
  return (Object.keys(rest).length === 0 ? data : JSON.stringify(item ?? rest)).slice(0, LONGEST_SUMMARY);
}

/** Shows the whole of the chosen event. */
export function renderEvent() {
  const event = view.row?.events[view.event];
  at("event").hidden = !event || view.tab !== "events";
  if (event) at("event").replaceChildren(marked(pretty(event.data), view.query));
}

/** @param {number} index - the nearest one is used. */
export function selectEvent(index) {
  if (!view.row || view.row.events.length === 0) return;
  view.event = Math.max(0, Math.min(view.row.events.length - 1, index));
  const list = at("events");
  renderEvent(); // it makes the list smaller
  const top = view.event * ROW_HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
  renderEvents();
  renderTimeline();
}

export function renderTimeline() {
  const canvas = at("timeline");
  if (view.row && canvas instanceof HTMLCanvasElement) drawTimeline(canvas, view.row, view.event);
}

/** JSON with a line for each field, anything else as it is. */
export function pretty(/** @type {string} */ text) {
  const value = parse(text);
  return value ? JSON.stringify(value, undefined, 2) : text;
}
