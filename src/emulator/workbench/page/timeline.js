// The events of a row on a time line: a stroke each, silences shaded, and above them how many came by when.

const LONG_GAP_SHARE = 0.12;
const LONG_GAP_MS = 100;

export function drawTimeline(canvas, row, chosen) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (width === 0) return;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const paint = canvas.getContext("2d");
  paint.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`);
  const { events } = row;
  const start = row.at;
  const end = Math.max(start + 1, events.at(-1)?.at ?? 0);
  const margin = 10;
  const x = (at) => margin + ((at - start) / (end - start)) * (width - 2 * margin);
  const base = height - 16;

  shadeGaps(paint, row, { x, base, end, start, color });
  drawRate(paint, row, { base, start, end, width, margin, color });

  let lastPixel = -1;
  for (const event of events) {
    const pixel = Math.round(x(event.at));
    const isOf = event.isBad || event.isSent || !event.type.endsWith(".delta");
    if (pixel === lastPixel && !event.isBad) continue; // thousands of strokes on a few hundred pixels
    lastPixel = pixel;
    paint.fillStyle = event.isBad ? color("bad") : event.isSent ? color("accent") : isOf ? color("text") : color("dim");
    const top = event.isBad ? 6 : isOf ? base - 20 : base - 11;
    paint.fillRect(pixel, top, event.isBad ? 2 : 1, base - top);
  }
  const mark = events[chosen];
  if (mark) {
    paint.fillStyle = color("accent");
    paint.fillRect(Math.round(x(mark.at)) - 1, 4, 2, base - 4);
  }
  paint.fillStyle = color("line");
  paint.fillRect(margin, base, width - 2 * margin, 1);
  paint.fillStyle = color("dim");
  paint.font = "11px system-ui, sans-serif";
  paint.textBaseline = "bottom";
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    if (width < 500 && share % 0.5 !== 0) continue;
    paint.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
    paint.fillText(duration((end - start) * share), margin + share * (width - 2 * margin), height - 1);
  }
}

function shadeGaps(paint, row, { x, base, end, start, color }) {
  paint.fillStyle = color("waiting");
  paint.globalAlpha = 0.14;
  for (const event of row.events) {
    if (!isLongGap(event.gap, end - start)) continue;
    const from = x(event.at - event.gap);
    paint.fillRect(from, 6, x(event.at) - from, base - 6);
  }
  paint.globalAlpha = 1;
}

/** Deltas over time, as an area: its height is the rate. */
function drawRate(paint, row, { base, start, end, width, margin, color }) {
  const buckets = new Array(Math.max(8, Math.floor((width - 2 * margin) / 24))).fill(0);
  for (const event of row.events) {
    if (!event.type.endsWith(".delta")) continue;
    const index = Math.floor(((event.at - start) / (end - start)) * buckets.length);
    buckets[Math.min(buckets.length - 1, Math.max(0, index))] += 1;
  }
  const most = Math.max(...buckets);
  if (most === 0) return;
  const step = (width - 2 * margin) / buckets.length;
  paint.fillStyle = color("accent");
  paint.globalAlpha = 0.22;
  buckets.forEach((count, index) => {
    const tall = (count / most) * (base - 10);
    paint.fillRect(margin + index * step, base - tall, Math.max(1, step - 1), tall);
  });
  paint.globalAlpha = 1;
}

export function isLongGap(gap, total) {
  return gap > LONG_GAP_MS && gap > total * LONG_GAP_SHARE;
}

/** Which event is nearest to a place on the canvas. */
export function eventAt(canvas, row, clientX) {
  const { left, width } = canvas.getBoundingClientRect();
  const end = Math.max(row.at + 1, row.events.at(-1)?.at ?? 0);
  const at = row.at + ((clientX - left - 10) / (width - 20)) * (end - row.at);
  let best = 0;
  row.events.forEach((event, index) => {
    if (Math.abs(event.at - at) < Math.abs(row.events[best].at - at)) best = index;
  });
  return best;
}

export function duration(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
