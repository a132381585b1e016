import type { buildConnector, Dispatcher, FormData, RequestInfo, RequestInit, Response } from "undici";
import { newHoldingClient } from "../http/holding-client.ts";
import { loadUndici } from "../http/undici.ts";
import { dialerOf, type PolicyOptions } from "../policy.ts";
import { type Dialer, targetOf } from "../route/index.ts";

/**
 * An undici dispatcher that follows the policy, for undici's own `fetch` and `request`.
 * Give it to undici 7, not to Node's built-in `fetch`, whose undici is another one; for that there is {@link createFetch}.
 *
 * @throws What {@link dialerOf} throws.
 */
export async function createDispatcher(options: PolicyOptions = {}): Promise<Dispatcher> {
  const dialer = dialerOf(options);
  return dispatcherOver(await loadUndici(), dialer, options);
}

/**
 * `fetch` under the policy: give it to the `openai` SDK (`fetch`), to an MCP client's transport, or use it as it is. It is undici's fetch with
 * its own dispatcher, a pair that fits on every Node version. undici is loaded with the first call; the policy is read now.
 *
 * @throws What {@link dialerOf} throws, at once and not with the first request.
 */
export function createFetch(options: PolicyOptions = {}): typeof globalThis.fetch {
  const dialer = dialerOf(options);
  let loading: Promise<{ readonly undici: typeof import("undici"); readonly dispatcher: Dispatcher }> | undefined;
  const policyFetch = async (input: RequestInfo, init?: RequestInit): Promise<Response> => {
    loading ??= loadUndici().then((undici) => ({ undici, dispatcher: dispatcherOver(undici, dialer, options) }));
    const { undici, dispatcher } = await loading;
    return undici.fetch(...unwrapped(input, init, dispatcher, undici));
  };
  // Where the openai SDK looks to learn which forms a `fetch` sends: this process's own (`ownForm`).
  // A getter, because naming the class loads Node's own undici.
  const withResponse = Object.defineProperty(policyFetch, "Response", { get: () => globalThis.Response });
  // The two `fetch` types differ in names only: one is declared by undici, the other by Node's types after it.
  return withResponse as unknown as typeof globalThis.fetch;
}

function dispatcherOver(undici: typeof import("undici"), dialer: Dialer, options: PolicyOptions): Dispatcher {
  const limits = { timeoutMs: options.connectTimeoutMs };
  const connect: buildConnector.connector = ({ hostname, port, protocol }, callback) => {
    const host = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
    const url = `${protocol}//${host}${port ? `:${port}` : ""}`;
    const dialled = dialer.forward(url)?.dial(limits) ?? dialer.dial(targetOf(url), limits);
    dialled.then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
  const agent = new undici.Agent({
    factory: (origin) =>
      new undici.Pool(origin, { factory: (single) => newHoldingClient(undici, single, { connect }) }),
  });
  return agent.compose((dispatch) => (request, handler) => dispatch(inAbsoluteForm(request, dialer), handler));
}

/** Plain HTTP on its way to a proxy names its whole URL (RFC 9112 §3.2.2) and carries the proxy's credentials. */
function inAbsoluteForm(request: Dispatcher.DispatchOptions, dialer: Dialer): Dispatcher.DispatchOptions {
  const origin = String(request.origin ?? "");
  const forward = origin.startsWith("http:") ? dialer.forward(origin) : undefined;
  if (!forward) return request;
  const { headers } = request;
  const own = Array.isArray(headers)
    ? [...headers, ...Object.entries(forward.headers).flat()]
    : { ...(headers as Record<string, string> | undefined), ...forward.headers };
  return { ...request, path: origin.replace(/\/$/, "") + request.path, headers: own };
}

/** A `Request` and a `FormData` of Node's built-in fetch are foreign to undici's: they are taken apart and put together again. */
function unwrapped(
  input: RequestInfo,
  given: RequestInit | undefined,
  dispatcher: Dispatcher,
  undici: typeof import("undici"),
): [RequestInfo, RequestInit] {
  const init =
    typeof given?.body === "object" && given.body instanceof globalThis.FormData
      ? { ...given, body: ownForm(given.body, undici) }
      : given;
  if (typeof input === "string" || input instanceof URL || input instanceof undici.Request)
    return [input, { ...init, dispatcher }];
  const { url, method, headers, body, signal, redirect } = input;
  const own: RequestInit = {
    method,
    headers: [...headers],
    body,
    signal,
    redirect,
    ...(body ? { duplex: "half" } : {}),
  };
  return [url, { ...own, ...init, dispatcher }];
}

function ownForm(foreign: globalThis.FormData, undici: typeof import("undici")): FormData {
  const form = new undici.FormData();
  for (const [name, value] of foreign) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, value, value.name);
  }
  return form;
}
