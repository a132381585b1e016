/**
 * A `fetch` with which any SDK uses sessions: {@link createResponsesFetch}.
 *
 * @module
 */

// The sessions are in `../forwarding/`; this folder turns results into a `Response`, an error, a body. Start reading at `create.ts`.

export { createResponsesFetch, type ResponsesFetch, type ResponsesFetchOptions } from "./create.ts";
