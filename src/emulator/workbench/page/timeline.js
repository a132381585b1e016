// The events of a row on a time line: one stroke per event, long silences shaded, and above them the rate of deltas.

/** @import { Row } from "./row.js" */

/**
 * @typedef {{ x(at: number): number, base: number, start: number, end: number, width: number, color(name: string): string }} Scale
 *   Positions on the canvas: `x` by time, `base` of the line below the strokes.
 */

const MARGIN = 10;
const LONG_GAP_SHARE = 0.12;
const LONG_GAP_MS = 100;

/** @param {HTMLCanvasElement} canvas @param {Row} row @param {number} chosen - an event's place, or -1. */
export function drawTimeline(canvas, row, chosen) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (width === 0) return;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const paint = canvas.getContext("2d");
  if (!paint) return;
  paint.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
  const { events } = row;
  const start = row.at;
  const end = Math.max(start + 1, events.at(-1)?.at ?? 0);
  const x = (/** @type {number} */ at) => MARGIN + ((at - start) / (end - start)) * (width - 2 * MARGIN);
  const base = height - 16;
  const scaleOf = { x, base, start, end, width, color };

  shadeGaps(paint, row, scaleOf);
  drawRate(paint, row, scaleOf);

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
  paint.fillRect(MARGIN, base, width - 2 * MARGIN, 1);
  paint.fillStyle = color("dim");
  paint.font = "11px system-ui, sans-serif";
  paint.textBaseline = "bottom";
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    if (width < 500 && share % 0.5 !== 0) continue;
    paint.textAlign = share === 0 ? "left" : share === 1 ? "right" : "center";
    paint.fillText(duration((end - start) * share), MARGIN + share * (width - 2 * MARGIN), height - 1);
  }
}

/** @param {CanvasRenderingContext2D} paint @param {Row} row @param {Scale} scale */
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

/**
 * Deltas over time, as an area: its height is the rate.
 *
 * @param {CanvasRenderingContext2D} paint @param {Row} row @param {Scale} scale
 */
function drawRate(paint, row, { base, start, end, width, color }) {
  /** @type {number[]} */
  const buckets = new Array(Math.max(8, Math.floor((width - 2 * MARGIN) / 24))).fill(0);
  for (const event of row.events) {
    if (!event.type.endsWith(".delta")) continue;
    const index = Math.floor(((event.at - start) / (end - start)) * buckets.length);
    const bucket = Math.min(buckets.length - 1, Math.max(0, index));
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  const most = Math.max(...buckets);
  if (most === 0) return;
  const step = (width - 2 * MARGIN) / buckets.length;
  paint.fillStyle = color("accent");
  paint.globalAlpha = 0.22;
  buckets.forEach((count, index) => {
    const tall = (count / most) * (base - 10);
    paint.fillRect(MARGIN + index * step, base - tall, Math.max(1, step - 1), tall);
  });
  paint.globalAlpha = 1;
}

/** Whether a silence is long enough to be shown. @param {number} gap @param {number} total - both in milliseconds. */
export function isLongGap(gap, total) {
  return gap > LONG_GAP_MS && gap > total * LONG_GAP_SHARE;
}

/** The event nearest to a position on the canvas. @param {HTMLElement} canvas @param {Row} row @param {number} clientX */
export function eventAt(canvas, row, clientX) {
  const { left, width } = canvas.getBoundingClientRect();
  const end = Math.max(row.at + 1, row.events.at(-1)?.at ?? 0);
  const at = row.at + ((clientX - left - MARGIN) / (width - 2 * MARGIN)) * (end - row.at);
  const distances = row.events.map((event) => Math.abs(event.at - at));
  return distances.reduce((best, distance, index) => (distance < (distances[best] ?? 0) ? index : best), 0);
}

export function duration(/** @type {number} */ ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
