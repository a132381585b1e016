/** Environment variables as read, so that tests and embedders can pass their own. */
export type Environment = Readonly<Record<string, string | undefined>>;
