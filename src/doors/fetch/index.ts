/**
 * The entry `codex-wire/fetch`: a `fetch` for SDKs that take one. What it adds is in `../forwarding/`; here is how it looks from outside: a `Response`, an
 * error, a body. Start reading at `create.ts`.
 */
export { createResponsesFetch, type ResponsesFetch, type ResponsesFetchOptions } from "./create.ts";
