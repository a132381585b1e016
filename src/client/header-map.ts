/** Header names in lower case, in the order they are sent or were received; repeated ones are joined with `, `. */
export type HeaderMap = Readonly<Record<string, string>>;

/** What callers may pass: any case; `undefined` leaves a header out. */
export type HeaderInit = Readonly<Record<string, string | undefined>>;
