import { blankerOf } from "../observe/redact.ts";
import type { HttpRequest } from "../transport.ts";

const MOST_NAMES = 5;
const notes = new WeakMap<object, string>();

/**
 * What redirects removed from a request, as a clause for the message of a later failure: a 401 after a redirect that removed the key says
 * nothing about the key. Undefined if nothing was removed.
 */
export function redirectNote(original: HttpRequest, sent: HttpRequest): string | undefined {
  if (original === sent) return undefined;
  const lostHeaders = Object.keys(original.headers).filter(
    (name) => !(name in sent.headers) && !/^content-|^transfer-/.test(name),
  );
  const losses: string[] = [];
  if (original.method !== sent.method)
    losses.push(`turned ${original.method} into ${sent.method} and left the body out`);
  if (lostHeaders.length > 0) {
    const rest = lostHeaders.length > MOST_NAMES ? ` and ${lostHeaders.length - MOST_NAMES} more` : "";
    losses.push(
      `left ${lostHeaders.slice(0, MOST_NAMES).join(", ")}${rest} out, since credentials never leave their origin`,
    );
  }
  if (losses.length === 0) return undefined;
  const [from, to] = [original, sent].map(({ url }) => blankerOf(original)(new URL(url).origin));
  const way = from === to ? `A redirect within ${from}` : `A redirect from ${from} to ${to}`;
  return `${way} ${losses.join(", and ")}: if that is the cause, give the final address as the base URL.`;
}

/** Stores the note with the error or answer that it belongs to. */
export function addRedirectNote<Result extends object>(result: Result, note: string | undefined): Result {
  if (note !== undefined) notes.set(result, note);
  return result;
}

/** The message `text`, followed by the note of `about` if it has one. */
export function withRedirectNote(text: string, about: object): string {
  const note = notes.get(about);
  return note === undefined ? text : `${text.replace(/\.$/, "")}. ${note}`;
}
