import { ProtocolError } from "../client/failure/kinds.ts";
import type { AnswerReader } from "./wire/answer-reader.ts";

/** One page of a list. */
export interface ListPage<Page> {
  readonly page: Page;
  readonly hasMore: boolean;
  /** Id of the page's last entry: the next page begins after it. */
  readonly lastId?: string | undefined;
}

/** The entries of a page, and whether another follows. Some servers write an empty list as null, and booleans as texts. */
export function entriesOf<Entry>(
  answer: AnswerReader,
  read: (entry: unknown, place: string) => Entry,
): { readonly entries: Entry[]; readonly hasMore: boolean } {
  const { data, has_more: more } = answer.fields;
  return { entries: data === null ? [] : answer.list("data", read), hasMore: more === true || more === "true" };
}

/**
 * The pages of a list, each fetched when it is needed.
 *
 * @param read - Fetches the page that begins after an entry.
 * @param after - Where to begin; undefined: at the beginning.
 * @param failure - Beginning of the message.
 * @throws {@link ProtocolError} A page says that there are more entries but not where.
 */
export async function* pagesOf<Page>(
  read: (after: string | undefined) => Promise<ListPage<Page>>,
  after: string | undefined,
  failure: string,
): AsyncGenerator<Page, undefined> {
  for (let from = after; ; ) {
    const { page, hasMore, lastId } = await read(from);
    yield page;
    if (!hasMore) return;
    if (lastId === undefined || lastId === from) {
      throw new ProtocolError(
        `${failure}: there are more entries after ${from ?? "the beginning"}, but no id to continue from`,
      );
    }
    from = lastId;
  }
}
