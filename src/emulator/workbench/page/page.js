import { curlOf, Model, parse, saidIn } from "./model.js";
import { drawTimeline, duration, eventAt, isLongGap } from "./timeline.js";

const ROW_HEIGHT = 24;
const TABS = ["events", "text", "request", "answer"];
const at = (id) => document.getElementById(id);
const model = new Model();
const elements = new Map();
const state = { row: undefined, event: -1, tab: "events", query: "", follows: true, shown: [] };

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

// The list of requests.

function matches(row) {
  if (state.query === "") return true;
  return row.haystack.includes(state.query) || row.events.some(({ data }) => data.toLowerCase().includes(state.query));
}

function rowElement(row) {
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

function fillRow(row) {
  const made = elements.get(row) ?? rowElement(row);
  const { head, begunAt } = row.exchange;
  const first = element("div", "first");
  const label =
    row.kind === "turn"
      ? `→ ${row.request.type ?? "message"}`
      : row.kind === "connection"
        ? `WS ${head.path}`
        : `${head.method} ${head.path}`;
  first.append(element("span", "path", label));
  if (row.lane !== undefined) first.append(element("span", "badge lane", `lane ${row.lane}`));
  if (row.isIncrement) first.append(element("span", "badge increment", `+${row.inputItems}`));
  first.append(
    element("span", row.isOver ? "status" : "status open", String(row.status ?? (row.isOver ? "sent" : "…"))),
  );
  const second = element("div", "second");
  second.append(element("span", "", new Date(begunAt + row.at).toLocaleTimeString([], { hour12: false })));
  second.append(element("span", "said", saidIn(row)));
  second.append(element("span", "", `${row.events.length} ev`));
  made.replaceChildren(first, second);
  made.className = `row${row.isBad ? " bad" : ""}${row === state.row ? " chosen" : ""}`;
  made.setAttribute("aria-selected", String(row === state.row));
  made.hidden = !matches(row);
  return made;
}

function renderRows(isAll) {
  const list = at("rows");
  if (isAll) {
    elements.clear();
    list.replaceChildren(...model.rows.map(fillRow));
  } else {
    for (const row of model.changed) {
      const isNew = !elements.has(row);
      const made = fillRow(row);
      if (isNew) list.append(made);
    }
  }
  state.shown = model.rows.filter((row) => !elements.get(row).hidden);
  const bad = state.shown.filter(({ isBad }) => isBad).length;
  const open = state.shown.filter(({ isOver }) => !isOver).length;
  const parts = [
    `${state.shown.length} of ${model.rows.length}`,
    `${open} open`,
    ...(bad > 0 ? [`${bad} with errors`] : []),
  ];
  at("count").textContent = parts.join(" · ");
  at("empty").hidden = model.rows.length > 0;
  at("detail").hidden = !state.row;
}

function select(row, isQuiet) {
  const before = state.row;
  state.row = row;
  state.event = -1;
  for (const each of [before, row]) if (each && elements.has(each)) fillRow(each);
  const made = elements.get(row);
  at("rows").setAttribute("aria-activedescendant", made?.id ?? "");
  if (!isQuiet) made?.scrollIntoView({ block: "nearest" });
  at("detail").hidden = !row;
  at("events").scrollTop = 0;
  renderDetail();
}

// One request.

function fact(name, value, isBad) {
  const pair = element("div");
  pair.append(element("dt", "", name), element("dd", isBad ? "bad" : "", value));
  return pair;
}

function renderDetail() {
  const { row } = state;
  if (!row) return;
  const { head, id, answer } = row.exchange;
  at("heading").textContent =
    row.kind === "turn" ? `${row.request.type ?? "message"} on ${head.path}` : `${head.method} ${head.path}`;
  at("transcript").href = `/workbench/exchanges/${id}`;
  const facts = [fact("status", String(row.status ?? (row.isOver ? "sent" : "open")), row.isBad)];
  const last = row.events.at(-1)?.at ?? row.at;
  facts.push(fact("took", duration(last - row.at)));
  if (row.firstDeltaAt !== undefined) facts.push(fact("first token", duration(row.firstDeltaAt - row.at)));
  if (row.tokensPerSecond) facts.push(fact("rate", `${row.tokensPerSecond.toFixed(0)} deltas/s`));
  if (row.usage) facts.push(fact("tokens", `${row.usage.input_tokens} in, ${row.usage.output_tokens} out`));
  if (row.request?.model) facts.push(fact("model", row.request.model));
  if (row.lane !== undefined) facts.push(fact("lane", row.lane));
  if (row.isIncrement) {
    facts.push(
      fact(
        "increment",
        `${row.inputItems} new ${row.inputItems === 1 ? "item" : "items"} after ${row.request.previous_response_id}`,
      ),
    );
  }
  facts.push(fact("connection", String(head.connection)));
  at("facts").replaceChildren(...facts);
  drawTimeline(at("timeline"), row, state.event);
  const total = last - row.at;
  const gaps = row.events.filter(({ gap }) => isLongGap(gap, total));
  const longest = Math.max(0, ...row.events.map(({ gap }) => gap));
  at("legend").textContent =
    `${row.events.length} events, ${row.deltas} deltas; longest silence ${duration(longest)}${gaps.length > 0 ? ` (${gaps.length} shaded)` : ""}`;
  at("event-count").textContent = String(row.events.length);
  for (const tab of TABS) at(`tab-${tab}`).setAttribute("aria-selected", String(tab === state.tab));
  at("events").hidden = state.tab !== "events";
  at("content").hidden = state.tab === "events";
  renderEvents();
  renderEvent();
  if (state.tab === "text") at("content").replaceChildren(marked(row.text || "(no text)"));
  if (state.tab === "request") {
    const headers = head.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    at("content").replaceChildren(marked(`${head.method} ${head.path}\n${headers}\n\n${pretty(row.sentText)}`));
  }
  if (state.tab === "answer") {
    const lines = answer
      ? [`${answer.status}`, ...answer.headers.map(([name, value]) => `${name}: ${value}`)]
      : ["(no answer yet)"];
    at("content").replaceChildren(marked(`${lines.join("\n")}\n\n${pretty(row.exchange.body)}`));
  }
}

function pretty(text) {
  const value = parse(text ?? "");
  return value ? JSON.stringify(value, undefined, 2) : (text ?? "");
}

/** Text with what is searched for marked. */
function marked(text) {
  const parts = document.createDocumentFragment();
  const lower = text.toLowerCase();
  let from = 0;
  for (let hits = 0; state.query !== "" && hits < 500; hits += 1) {
    const found = lower.indexOf(state.query, from);
    if (found === -1) break;
    parts.append(text.slice(from, found), element("mark", "", text.slice(found, found + state.query.length)));
    from = found + state.query.length;
  }
  parts.append(text.slice(from));
  return parts;
}

/** Only what can be seen is in the document, however many there are. */
function renderEvents() {
  if (state.tab !== "events" || !state.row) return;
  const { row } = state;
  const list = at("events");
  const space = at("space");
  space.style.height = `${row.events.length * ROW_HEIGHT}px`;
  const first = Math.max(0, Math.floor(list.scrollTop / ROW_HEIGHT) - 8);
  const end = Math.min(row.events.length, first + Math.ceil((list.clientHeight || 400) / ROW_HEIGHT) + 16);
  const total = (row.events.at(-1)?.at ?? row.at) - row.at;
  const made = [];
  for (let index = first; index < end; index += 1) made.push(eventElement(row, index, total));
  space.replaceChildren(...made);
}

function eventElement(row, index, total) {
  const event = row.events[index];
  const isHit = state.query !== "" && event.data.toLowerCase().includes(state.query);
  const names = [
    "event",
    event.isBad && "bad",
    event.isSent && "sent",
    index === state.event && "chosen",
    isHit && "hit",
  ];
  const made = element("div", names.filter(Boolean).join(" "));
  made.style.top = `${index * ROW_HEIGHT}px`;
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", String(index === state.event));
  made.dataset.index = String(index);
  made.append(
    element("span", "at", duration(event.at - row.at)),
    element("span", isLongGap(event.gap, total) ? "gap long" : "gap", `+${duration(event.gap)}`),
    typeElement(event),
    element("span", "sum", summary(event)),
  );
  return made;
}

/** The word that all types begin with can go where there is no room. */
function typeElement({ type, isSent }) {
  const made = element("span", "type", isSent ? "→ " : "");
  const family = type.startsWith("response.") && type.split(".").length > 2 ? "response." : "";
  made.append(element("span", "family", family), type.slice(family.length));
  return made;
}

function summary({ data, type }) {
  if (type.endsWith(".delta")) return JSON.stringify(parse(data)?.delta ?? "");
  if (type === "end" || data.length > 20_000) return data.slice(0, 300);
  const { type: _type, sequence_number: _number, ...rest } = parse(data) ?? {};
  const item = rest.item ?? rest.error ?? rest.response?.error ?? rest.part;
  return (Object.keys(rest).length === 0 ? data : JSON.stringify(item ?? rest)).slice(0, 300);
}

function renderEvent() {
  const event = state.row?.events[state.event];
  at("event").hidden = !event || state.tab !== "events";
  if (event) at("event").replaceChildren(marked(pretty(event.data)));
}

function selectEvent(index) {
  if (!state.row || state.row.events.length === 0) return;
  state.event = Math.max(0, Math.min(state.row.events.length - 1, index));
  const list = at("events");
  renderEvent(); // it takes room from the list
  const top = state.event * ROW_HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
  renderEvents();
  drawTimeline(at("timeline"), state.row, state.event);
}

// What a person does.

function enter() {
  document.querySelector("main").classList.add("into");
  renderDetail();
}

function leave() {
  document.querySelector("main").classList.remove("into");
  at("rows").focus();
}

function show(tab) {
  state.tab = tab;
  renderDetail();
}

function follow(isOn) {
  state.follows = isOn;
  at("follow").setAttribute("aria-pressed", String(isOn));
}

function move(step) {
  const index = state.shown.indexOf(state.row);
  const next = state.shown[Math.max(0, Math.min(state.shown.length - 1, index + step))];
  if (!next) return;
  follow(false);
  select(next);
}

async function copyCurl() {
  if (!state.row) return;
  const text = curlOf(state.row, location.origin);
  try {
    await navigator.clipboard.writeText(text);
    told("Copied");
  } catch {
    // Not every browser lets a page write there: show it, to be copied by hand.
    state.tab = "request";
    renderDetail();
    at("content").textContent = text;
  }
}

function told(text) {
  const button = at("curl");
  button.textContent = text;
  setTimeout(() => {
    button.textContent = "Copy as curl";
  }, 1200);
}

function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  if (state.row) drawTimeline(at("timeline"), state.row, state.event);
}

function search(text) {
  state.query = text.trim().toLowerCase();
  for (const row of model.rows) elements.get(row).hidden = !matches(row);
  model.changed.clear();
  renderRows(false);
  if (state.query !== "" && !state.shown.includes(state.row) && state.shown[0]) select(state.shown[0], true);
  const hit =
    state.query === ""
      ? -1
      : (state.row?.events.findIndex(({ data }) => data.toLowerCase().includes(state.query)) ?? -1);
  if (hit !== -1) selectEvent(hit);
  else renderDetail();
}

const isAmongEvents = () => document.activeElement === at("events") || document.activeElement === at("event");

const KEYS = {
  "/": () => at("search").focus(),
  "?": () => at("keys").showModal(),
  c: () => void copyCurl(),
  f: () => follow(!state.follows),
  t: () => useTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  j: () => (isAmongEvents() ? selectEvent(state.event + 1) : move(1)),
  k: () => (isAmongEvents() ? selectEvent(state.event - 1) : move(-1)),
  g: () => (isAmongEvents() ? selectEvent(0) : move(-model.rows.length)),
  G: () => (isAmongEvents() ? selectEvent(state.row.events.length) : move(model.rows.length)),
  PageDown: () => (isAmongEvents() ? selectEvent(state.event + 20) : move(10)),
  PageUp: () => (isAmongEvents() ? selectEvent(state.event - 20) : move(-10)),
  Enter() {
    if (!state.row) return;
    enter();
    if (state.tab !== "events") return at("content").focus();
    at("events").focus();
    if (state.event === -1) selectEvent(0);
  },
  Escape: leave,
  ...Object.fromEntries(TABS.map((tab, index) => [String(index + 1), () => show(tab)])),
};
const ALIASES = { ArrowDown: "j", ArrowUp: "k", ArrowRight: "Enter", ArrowLeft: "Escape", Home: "g", End: "G" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
  if (event.target === at("search")) {
    if (event.key === "Escape" || event.key === "Enter") at("rows").focus();
    if (event.key === "Escape") {
      at("search").value = "";
      search("");
    }
    return;
  }
  if (event.target instanceof HTMLButtonElement && (event.key === "Enter" || event.key === " ")) return;
  const act = KEYS[ALIASES[event.key] ?? event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

at("search").addEventListener("input", ({ target }) => search(target.value));
at("follow").addEventListener("click", KEYS.f);
at("theme").addEventListener("click", KEYS.t);
at("help").addEventListener("click", KEYS["?"]);
at("back").addEventListener("click", leave);
at("curl").addEventListener("click", KEYS.c);
for (const tab of TABS) at(`tab-${tab}`).addEventListener("click", () => show(tab));
at("events").addEventListener("scroll", renderEvents);
at("space").addEventListener("click", ({ target }) => {
  const index = target.closest(".event")?.dataset.index;
  if (index !== undefined) selectEvent(Number(index));
});
at("timeline").addEventListener("click", ({ clientX }) => {
  if (state.row?.events.length > 0) selectEvent(eventAt(at("timeline"), state.row, clientX));
});
new ResizeObserver(() => renderDetail()).observe(at("detail"));
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
prefersDark.addEventListener("change", () => useTheme(prefersDark.matches ? "dark" : "light"));
useTheme(prefersDark.matches ? "dark" : "light");

// What the server tells. What comes together is drawn together.

let isDrawn = true;
let mustRedraw = false;

function draw() {
  isDrawn = true;
  const hasNew = [...model.changed].some((row) => !elements.has(row));
  renderRows(mustRedraw);
  const isShown = model.changed.has(state.row);
  if (mustRedraw && state.row) state.row = model.rows.find(({ id }) => id === state.row.id);
  const newest = state.shown.at(-1);
  if (state.follows && (hasNew || !state.row) && newest) select(newest);
  else if (isShown || mustRedraw) renderDetail();
  mustRedraw = false;
  model.changed.clear();
}

const source = new EventSource("/workbench/traffic");
source.addEventListener("open", () => {
  at("state").textContent = "live";
  at("state").className = "live";
});
source.addEventListener("error", () => {
  at("state").textContent = "not connected; trying again";
  at("state").className = "lost";
});
source.addEventListener("message", ({ data }) => {
  const messages = JSON.parse(data);
  mustRedraw ||= messages.some(({ reset }) => reset);
  model.take(messages);
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(draw);
});
at("rows").focus();
