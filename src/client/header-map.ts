/** Header names in lower case, in the order they are sent or were received; repeated ones are joined with `, `. */
export type HeaderMap = Readonly<Record<string, string>>;

/** Headers given by callers: names in any case; `undefined` leaves a header out. */
export type HeaderInit = Readonly<Record<string, string | undefined>>;
