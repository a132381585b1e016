// Reads files that a path names: regular ones alone, up to a bound, without waiting for ever. It must not know what a file is for; whoever does
// puts the bare reason of a `FileError` into a message. Start reading in `read.ts`; `regular.ts` says what is refused and why.
export { openRegular, readWhole, readWholeSync } from "./read.ts";
export { FileError, fileError } from "./regular.ts";
