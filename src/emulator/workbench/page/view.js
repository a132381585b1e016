import { Model } from "./model.js";

/** @import { Row } from "./row.js" */

export const TABS = /** @type {const} */ (["events", "text", "request", "answer"]);

/** The data, and the user's selection. */
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
  /** Whether new rows are chosen automatically. */
  follows: true,
  /** The rows that match the search. @type {Row[]} */
  shown: [],
};
