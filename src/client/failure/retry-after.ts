import type { HeaderMap } from "../header-map.ts";

const DECIMAL = /^\d+(\.\d+)?$/;
// The three date formats of RFC 9110 §5.6.7; `Date.parse` alone accepts almost anything.
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT|[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT)$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * How long the server asks to wait before the next try, in milliseconds from `nowMs`; uncapped, 0 for a date in the past.
 * `retry-after-ms` (a decimal number, as OpenAI sends it) comes first, then `x-ms-retry-after-ms` (Azure), then `retry-after`
 * (RFC 9110 §10.2.3: seconds or a date).
 *
 * @returns `undefined` when no such header is there or can be read.
 */
export function parseRetryAfter(headers: HeaderMap, nowMs: number): number | undefined {
  return (
    milliseconds(headers["retry-after-ms"], 1) ??
    milliseconds(headers["x-ms-retry-after-ms"], 1) ??
    retryAfter(headers["retry-after"], nowMs)
  );
}

function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  return milliseconds(value, 1000) ?? untilDate(value, nowMs);
}

function milliseconds(value: string | undefined, unitMs: number): number | undefined {
  if (value === undefined || !DECIMAL.test(value.trim())) return undefined;
  const delayMs = Math.round(Number(value) * unitMs);
  return Number.isFinite(delayMs) ? delayMs : undefined;
}

function untilDate(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  const atMs = HTTP_DATE.test(text) ? Date.parse(text) : ASCTIME.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
