/** What the clients without an SDK send. */
export function requestOf(/** @type {string} */ model, input = "x") {
  return {
    method: /** @type {const} */ ("POST"),
    headers: { "content-type": "application/json", accept: "text/event-stream", authorization: "Bearer key" },
    body: JSON.stringify({ model, input, stream: true }),
  };
}
