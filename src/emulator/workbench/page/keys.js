// Keyboard shortcuts for everything that a mouse can do.
import { copyCurl, enter, leave, show } from "./detail.js";
import { at } from "./elements.js";
import { selectEvent } from "./events.js";
import { follow, move, search } from "./list.js";
import { toggleTheme } from "./theme.js";
import { TABS, view } from "./view.js";

const PAGE_OF_EVENTS = 20;
const PAGE_OF_ROWS = 10;

const isAmongEvents = () => document.activeElement === at("events") || document.activeElement === at("event");

/** Moves down in the events or the rows, whichever have the focus. @param {number} events @param {number} rows */
const down = (events, rows) => () => (isAmongEvents() ? selectEvent(view.event + events) : move(rows));
const toTheEnd = (/** @type {1 | -1} */ way) => () =>
  isAmongEvents() ? selectEvent(way === 1 ? (view.row?.events.length ?? 0) : 0) : move(way * view.model.rows.length);

function showKeys() {
  const dialog = at("keys");
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

function intoRow() {
  if (!view.row) return;
  enter();
  if (view.tab !== "events") return at("content").focus();
  at("events").focus();
  if (view.event === -1) selectEvent(0);
}

/** @type {ReadonlyMap<string, () => unknown>} */
const KEYS = new Map([
  ["/", () => at("search").focus()],
  ["?", showKeys],
  ["c", copyCurl],
  ["f", () => follow(!view.follows)],
  ["t", toggleTheme],
  ["j", down(1, 1)],
  ["k", down(-1, -1)],
  ["g", toTheEnd(-1)],
  ["G", toTheEnd(1)],
  ["PageDown", down(PAGE_OF_EVENTS, PAGE_OF_ROWS)],
  ["PageUp", down(-PAGE_OF_EVENTS, -PAGE_OF_ROWS)],
  ["Enter", intoRow],
  ["Escape", leave],
  ...TABS.map((tab, index) => /** @type {[string, () => void]} */ ([String(index + 1), () => show(tab)])),
]);
const ALIASES = new Map(
  Object.entries({ ArrowDown: "j", ArrowUp: "k", ArrowRight: "Enter", ArrowLeft: "Escape", Home: "g", End: "G" }),
);

export function listenToKeys() {
  const dialog = at("keys");
  const field = at("search");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.hasAttribute("open")) return;
    if (event.target === field) return keyInSearch(event.key);
    if (event.target instanceof HTMLButtonElement && (event.key === "Enter" || event.key === " ")) return;
    const act = KEYS.get(ALIASES.get(event.key) ?? event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });
  field.addEventListener("input", () => search(searched()));
  for (const [id, key] of Object.entries({ follow: "f", theme: "t", help: "?", back: "Escape", curl: "c" }))
    at(id).addEventListener("click", () => KEYS.get(key)?.());
}

function keyInSearch(/** @type {string} */ key) {
  if (key !== "Escape" && key !== "Enter") return;
  at("rows").focus();
  if (key === "Enter") return;
  const field = at("search");
  if (field instanceof HTMLInputElement) field.value = "";
  search("");
}

function searched() {
  const field = at("search");
  return field instanceof HTMLInputElement ? field.value : "";
}
