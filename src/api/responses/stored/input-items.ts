import { BuildError } from "../../../client/failure/kinds.ts";
import { count, knownOptions, oneOf } from "../../../client/options.ts";
import { type ListPage, pagesOf } from "../../pages.ts";
import { readAnswer } from "../../service/answer.ts";
import { UNARY_NAMES, type UnaryOptions } from "../../service/call-options.ts";
import type { Service } from "../../service/service.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { askStored, checkedId } from "./calls.ts";

/** Which input items are asked for, and how. */
export interface InputItemsOptions extends UnaryOptions {
  /** `asc`: as they were sent; `desc`: the last first. Default `asc`. */
  readonly order?: "asc" | "desc" | undefined;
  /** Begin after the item with this id. */
  readonly after?: string | undefined;
  /** Items of one page, 1 to 100. Default: the service's, 20. */
  readonly pageSize?: number | undefined;
  /** What the service should add to items, e.g. `message.input_image.image_url`. */
  readonly include?: readonly string[] | undefined;
}

/** What one request brought of a list. */
export interface InputItemsPage {
  /** As received, each with the id that the service gave it. */
  readonly items: readonly ResponseItem[];
  readonly hasMore: boolean;
}

const OPTIONS = knownOptions<InputItemsOptions>("the options of input items", {
  ...UNARY_NAMES,
  order: true,
  after: true,
  pageSize: true,
  include: true,
});

const FAILURE = "failed to decode input items";

/**
 * The input items of a stored response, fetched page by page while they are read: leaving the loop early asks for no further page. It can be read
 * more than once, and each time asks anew.
 */
export class InputItems implements AsyncIterable<ResponseItem> {
  readonly #service: Service;
  readonly #id: string;
  readonly #options: InputItemsOptions;

  /** @throws {@link BuildError} The id is unusable, or an option is unusable. */
  constructor(service: Service, id: string, options: InputItemsOptions) {
    OPTIONS(options);
    oneOf("order", options.order ?? "asc", ["asc", "desc"]);
    if (options.pageSize !== undefined) checkPageSize(options.pageSize);
    this.#service = service;
    this.#id = checkedId(id);
    this.#options = options;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResponseItem, undefined> {
    for await (const { items } of this.pages()) yield* items;
  }

  /** The same, a page at a time. @throws {@link ProtocolError} A page cannot be read, or says to go on and leads nowhere. */
  pages(): AsyncGenerator<InputItemsPage, undefined> {
    return pagesOf((after) => this.#page(after), this.#options.after, FAILURE);
  }

  async #page(after: string | undefined): Promise<ListPage<InputItemsPage>> {
    const { order = "asc", pageSize, include, headers, signal, traceContext } = this.#options;
    const query = {
      order,
      ...(after === undefined ? {} : { after }),
      ...(pageSize === undefined ? {} : { limit: String(pageSize) }),
      ...(include === undefined ? {} : { "include[]": include }),
    };
    const call = { method: "GET", below: "input_items", query, headers, signal, traceContext } as const;
    const reader = readAnswer(await askStored(this.#service, this.#id, call), FAILURE);
    const items = reader.list("data", (entry, place) => {
      const item = decodeItem(entry);
      if (item === undefined) throw reader.undecodable("it is not an item", place);
      return item;
    });
    const hasMore = reader.fields.has_more === true;
    return { page: { items, hasMore }, hasMore, lastId: reader.optionalText("last_id") };
  }
}

const MOST_OF_A_PAGE = 100;

function checkPageSize(pageSize: number): void {
  if (count("pageSize", pageSize) >= 1 && pageSize <= MOST_OF_A_PAGE) return;
  throw new BuildError(`pageSize must be 1 to ${MOST_OF_A_PAGE}, and is ${pageSize}`);
}
