// Finds and creates elements of the document.

/**
 * An element of the page by its id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function at(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}

/**
 * @param {string} tag
 * @param {string} [name] - its classes.
 * @param {string} [text]
 */
export function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

const MOST_MARKS = 500;

/**
 * Text in which the search query is marked.
 *
 * @param {string} text
 * @param {string} query - in lower case.
 */
export function marked(text, query) {
  const parts = document.createDocumentFragment();
  const lower = text.toLowerCase();
  let from = 0;
  for (let hits = 0; query !== "" && hits < MOST_MARKS; hits += 1) {
    const found = lower.indexOf(query, from);
    if (found === -1) break;
    parts.append(text.slice(from, found), element("mark", "", text.slice(found, found + query.length)));
    from = found + query.length;
  }
  parts.append(text.slice(from));
  return parts;
}
