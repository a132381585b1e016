import { Model } from "./model.js";

/** @import { Row } from "./row.js" */

export const TABS = /** @type {const} */ (["events", "text", "request", "answer"]);

/** What there is, and what of it is looked at. */
export const view = {
  model: new Model(),
  /** The chosen row. @type {Row | undefined} */
  row: undefined,
  /** The chosen event's place; -1 for none. */
  event: -1,
  /** @type {(typeof TABS)[number]} */
  tab: "events",
  /** In lower case. */
  query: "",
  /** Whether what comes is chosen as it comes. */
  follows: true,
  /** The rows that the search leaves. @type {Row[]} */
  shown: [],
};
