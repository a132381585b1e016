// Reads files by path: only regular files, up to a limit, and never waiting forever. It does not know what a file is for; callers
// put the bare reason of a `FileError` into their message. Start reading in `read.ts`; `regular.ts` says what is refused and why.
// `folder.ts` creates folders for files that are written.

export { createFolder } from "./folder.ts";
export { openRegular, readWhole, readWholeSync } from "./read.ts";
export { FileError, fileError } from "./regular.ts";
