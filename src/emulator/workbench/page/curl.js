/** @import { Row } from "./row.js" */

/** Headers of one connection, or that curl sets itself. */
const SKIPPED =
  /^(?:host|connection|content-length|accept-encoding|user-agent|upgrade|sec-websocket-.*|transfer-encoding|content-encoding)$/i;

/**
 * The request as a shell command. It contains no credentials, but a variable for the key. A turn on a
 * WebSocket becomes the same request over HTTP.
 *
 * @param {Row} row
 * @param {string} origin
 */
export function curlOf(row, origin) {
  const { head } = row.exchange;
  const isTurn = row.kind === "turn";
  const lines = [`curl -N ${isTurn ? "" : `-X ${head.method} `}${quoted(origin + head.path)}`];
  for (const [name, value] of head.headers) {
    if (SKIPPED.test(name)) continue;
    if (value !== "[removed]") lines.push(`-H ${quoted(`${name}: ${value}`)}`);
    else if (/^authorization$/i.test(name)) lines.push('-H "authorization: Bearer $OPENAI_API_KEY"');
  }
  let body = row.sentText;
  if (isTurn) {
    const { type: _type, stream_id: _lane, ...rest } = row.request ?? {};
    body = JSON.stringify({ ...rest, stream: true });
    lines.push("-H 'content-type: application/json'");
  }
  if (body) lines.push(`--data-raw ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

function quoted(/** @type {string} */ text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
