// Connects the parts, and draws the server's messages. Start reading in `model.js`, which has the data, and `view.js`, which has the user's selection.
import { renderDetail, show } from "./detail.js";
import { at } from "./elements.js";
import { renderEvents, selectEvent } from "./events.js";
import { listenToKeys } from "./keys.js";
import { hasNewRows, renderRows, select } from "./list.js";
import { followSystemTheme } from "./theme.js";
import { eventAt } from "./timeline.js";
import { TABS, view } from "./view.js";

/** @import { Message } from "./model.js" */

followSystemTheme();
listenToKeys();
for (const tab of TABS) at(`tab-${tab}`).addEventListener("click", () => show(tab));
at("events").addEventListener("scroll", renderEvents);
at("space").addEventListener("click", ({ target }) => {
  const chosen = target instanceof Element ? target.closest(".event") : null;
  if (chosen instanceof HTMLElement) selectEvent(Number(chosen.dataset.index));
});
at("timeline").addEventListener("click", ({ clientX }) => {
  if (view.row && view.row.events.length > 0) selectEvent(eventAt(at("timeline"), view.row, clientX));
});
new ResizeObserver(() => renderDetail()).observe(at("detail"));

// Messages that arrive together are drawn once.
let isDrawn = true;
let mustRedraw = false;

function draw() {
  isDrawn = true;
  const { model } = view;
  const hasNew = hasNewRows();
  renderRows(mustRedraw);
  const isShown = view.row !== undefined && model.changed.has(view.row);
  if (mustRedraw && view.row) view.row = model.rows.find(({ id }) => id === view.row?.id);
  const newest = view.shown.at(-1);
  if (view.follows && (hasNew || !view.row) && newest) select(newest);
  else if (isShown || mustRedraw) renderDetail();
  mustRedraw = false;
  model.changed.clear();
}

/** @param {"live" | "lost"} name @param {string} text */
function tellState(name, text) {
  at("state").textContent = text;
  at("state").className = name;
}

const source = new EventSource("/workbench/traffic");
source.addEventListener("open", () => tellState("live", "live"));
source.addEventListener("error", () => tellState("lost", "not connected; trying again"));
source.addEventListener("message", ({ data }) => {
  /** @type {Message[]} */
  const messages = JSON.parse(data);
  mustRedraw ||= messages.some((message) => "reset" in message);
  view.model.take(messages);
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(draw);
});
at("rows").focus();
