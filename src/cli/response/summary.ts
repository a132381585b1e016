import type { RateLimitSnapshot, RateLimitWindow, ResponseEvent, TokenUsage } from "../../index.ts";

const BAR_CELLS = 10;

/** Counts events of a stream and summarizes it: tokens, time to first token, speed, rate limits as bars. */
export class ResponseSummary {
  readonly #sentAt: number;
  #firstTokenAt: number | undefined;
  #usage: TokenUsage | undefined;
  readonly #limits = new Map<string, RateLimitSnapshot>();

  /** @param sentAt - When the request was sent, by `performance.now()`. */
  constructor(sentAt: number) {
    this.#sentAt = sentAt;
  }

  add(event: ResponseEvent): void {
    if (event.type === "output_text.delta" || event.type === "reasoning_summary_text.delta") {
      this.#firstTokenAt ??= performance.now();
    } else if (event.type === "completed") {
      this.#usage = event.tokenUsage;
    } else if (event.type === "rate_limits") {
      this.#limits.set(event.snapshot.limitId, event.snapshot);
    }
  }

  /** @param columns - Width of the terminal: parts that do not fit on a line go on the next, and are never split. */
  lines(columns?: number): string[] {
    const parts = [...this.#tokens(), ...this.#timing()];
    for (const snapshot of this.#limits.values()) parts.push(...limitBars(snapshot));
    if (parts.length === 0) return ["— no usage reported"];
    const lines: string[] = [];
    for (const part of parts) {
      const line = lines.at(-1);
      const longer = line === undefined ? `— ${part}` : `${line} · ${part}`;
      if (line === undefined) lines.push(longer);
      else if (columns === undefined || longer.length <= columns) lines[lines.length - 1] = longer;
      else lines.push(`  ${part}`);
    }
    return lines;
  }

  #tokens(): string[] {
    const usage = this.#usage;
    if (!usage) return [];
    const cached = usage.cachedInputTokens > 0 ? ` (${usage.cachedInputTokens} cached)` : "";
    const reasoning = usage.reasoningOutputTokens > 0 ? ` (${usage.reasoningOutputTokens} reasoning)` : "";
    return [`${usage.inputTokens}${cached} in, ${usage.outputTokens}${reasoning} out`];
  }

  #timing(): string[] {
    if (this.#firstTokenAt === undefined) return [];
    const parts = [`first token ${seconds(this.#firstTokenAt - this.#sentAt)}`];
    const streamingMs = performance.now() - this.#firstTokenAt;
    if (this.#usage && streamingMs > 0) {
      parts.push(`${(this.#usage.outputTokens / (streamingMs / 1000)).toFixed(0)} tokens/s`);
    }
    return parts;
  }
}

function limitBars(snapshot: RateLimitSnapshot): string[] {
  const name = snapshot.limitName ?? snapshot.limitId;
  return [snapshot.primary, snapshot.secondary].flatMap((window) => (window ? [`${name} ${bar(window)}`] : []));
}

/** `████░░░░░░ 42% of 5 h` */
function bar(window: RateLimitWindow): string {
  const percent = Math.min(Math.max(window.usedPercent, 0), 100);
  const filled = Math.round((percent / 100) * BAR_CELLS);
  const span = window.windowMinutes === undefined ? "" : ` of ${windowSpan(window.windowMinutes)}`;
  return `${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)} ${Math.round(window.usedPercent)}%${span}`;
}

function windowSpan(minutes: number): string {
  if (minutes >= 1440 && minutes % 1440 === 0) return `${minutes / 1440} d`;
  if (minutes >= 60 && minutes % 60 === 0) return `${minutes / 60} h`;
  return `${minutes} min`;
}

function seconds(durationMs: number): string {
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`;
}
