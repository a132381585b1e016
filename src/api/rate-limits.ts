/** One window of a limit. */
export interface RateLimitWindow {
  /** 0-100. */
  readonly usedPercent: number;
  readonly windowMinutes?: number | undefined;
  /** Unix seconds. */
  readonly resetsAt?: number | undefined;
}

export interface CreditsSnapshot {
  readonly hasCredits: boolean;
  readonly unlimited: boolean;
  readonly balance?: string | undefined;
}

/** State of one limit family as the service last told it. */
export interface RateLimitSnapshot {
  readonly limitId: string;
  readonly limitName?: string | undefined;
  readonly primary?: RateLimitWindow | undefined;
  readonly secondary?: RateLimitWindow | undefined;
  readonly credits?: CreditsSnapshot | undefined;
  readonly planType?: string | undefined;
}
