/** How one check ended. */
export type Outcome = "ok" | "warning" | "failed";

/** One line of the report. */
export interface Finding {
  readonly check: string;
  readonly outcome: Outcome;
  /** The result; after a failure, the cause and the remedy. */
  readonly text: string;
  readonly durationMs?: number | undefined;
  /** Facts shown below the line. */
  readonly details?: readonly string[] | undefined;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** The whole report; `error` is the first failure, which decides the exit status. */
export interface Report {
  readonly url: string;
  readonly sections: readonly Section[];
  readonly error: unknown;
  /** Text for the operators of the network; undefined if nothing fails. */
  readonly helpDesk?: string | undefined;
}
