import { ProtocolError } from "../client/failure/kinds.ts";

/** What one request brought of a list. */
export interface ListPage<Page> {
  readonly page: Page;
  readonly hasMore: boolean;
  /** Of the page's last entry: the next page begins after it. */
  readonly lastId?: string | undefined;
}

/**
 * The pages of a list, each fetched when it is wanted.
 *
 * @param read - Asks for the page that begins after an entry.
 * @param after - Where to begin; undefined: at the beginning.
 * @param failure - What the message begins with.
 * @throws {@link ProtocolError} A page says to go on and leads nowhere.
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
      throw new ProtocolError(`${failure}: there is more after ${from ?? "the beginning"}, and no id to go on from`);
    }
    from = lastId;
  }
}
