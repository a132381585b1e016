import { BuildError } from "../../../client/failure/kinds.ts";
import { count, knownOptions, oneOf } from "../../../client/options.ts";
import { entriesOf, type ListPage, pagesOf } from "../../pages.ts";
import { readAnswer } from "../../service/answer.ts";
import { UNARY_NAMES, type UnaryOptions } from "../../service/call-options.ts";
import type { Service } from "../../service/service.ts";
import { decodeItem } from "../../wire/item-decoder.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { idIn } from "../../wire/json.ts";
import { askStored, checkedId } from "./calls.ts";

/** Which input items to request. */
export interface InputItemsOptions extends UnaryOptions {
  /** `asc`: in the order they were sent; `desc`: the last first. @default `"asc"` */
  readonly order?: "asc" | "desc" | undefined;
  /** Begin after the item with this id. By default at the first item. */
  readonly after?: string | undefined;
  /** Items per page, 1 to 100. @default the service's: 20 */
  readonly pageSize?: number | undefined;
  /** Data that the service adds to items, e.g. `message.input_image.image_url`. None by default. */
  readonly include?: readonly string[] | undefined;
}

/** One page of a list. */
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
 * The input items of a stored response, fetched page by page while they are read: leaving the loop early requests no further page. It can
 * be read more than once; each time the items are requested again.
 */
export class InputItems implements AsyncIterable<ResponseItem> {
  readonly #service: Service;
  readonly #id: string;
  readonly #options: InputItemsOptions;

  /** @throws {@link BuildError} The id or an option is invalid. */
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

  /** The same, page by page. @throws {@link ProtocolError} A page cannot be read, or says that there is another page but not where. */
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
    const { entries: items, hasMore } = entriesOf(reader, (entry, place) => {
      const item = decodeItem(entry);
      if (item === undefined) throw reader.undecodable("it is not an item", place);
      return item;
    });
    return {
      page: { items, hasMore },
      hasMore,
      lastId: reader.optionalText("last_id") ?? idIn(items.at(-1)),
    };
  }
}

const MOST_OF_A_PAGE = 100;

function checkPageSize(pageSize: number): void {
  if (count("pageSize", pageSize) >= 1 && pageSize <= MOST_OF_A_PAGE) return;
  throw new BuildError(`pageSize must be 1 to ${MOST_OF_A_PAGE}, and is ${pageSize}`);
}
