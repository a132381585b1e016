import type { buildConnector, Dispatcher, FormData, RequestInfo, RequestInit, Response } from "undici";
import { newHoldingClient } from "../http/holding-client.ts";
import { loadUndici } from "../http/undici.ts";
import { knownOptions } from "../options.ts";
import { dialerOf, POLICY_NAMES, type PolicyOptions } from "../policy.ts";
import { type Dialer, type Forward, targetOf } from "../route/index.ts";
import { stayingSecure } from "./secure-redirects.ts";

const DISPATCHER = knownOptions<PolicyOptions>("the options of createDispatcher", POLICY_NAMES);
const FETCH = knownOptions<PolicyOptions>("the options of createFetch", POLICY_NAMES);

/**
 * An undici dispatcher that follows the policy, for undici's own `fetch` and `request`.
 *
 * Use it with undici 7, not with Node's built-in `fetch`, which contains another undici version; for that there is {@link createFetch}.
 *
 * @throws The errors of {@link dialerOf}.
 */
export async function createDispatcher(options: PolicyOptions = {}): Promise<Dispatcher> {
  DISPATCHER(options);
  const dialer = dialerOf(options);
  return dispatcherOver(await loadUndici(), dialer, options);
}

/**
 * A `fetch` that follows the policy: pass it to the `openai` SDK (`fetch`) or to an MCP client's transport, or call it directly. It is
 * undici's fetch with its own dispatcher, which works on every Node version. undici is loaded with the first call; the policy is read at
 * once.
 *
 * @throws The errors of {@link dialerOf}, at once and not with the first request.
 */
export function createFetch(options: PolicyOptions = {}): typeof globalThis.fetch {
  FETCH(options);
  const dialer = dialerOf(options);
  let loading: Promise<{ readonly undici: typeof import("undici"); readonly dispatcher: Dispatcher }> | undefined;
  const policyFetch = async (input: RequestInfo, init?: RequestInit): Promise<Response> => {
    loading ??= loadUndici().then((undici) => ({ undici, dispatcher: dispatcherOver(undici, dialer, options) }));
    const { undici, dispatcher } = await loading;
    const [target, own] = unwrapped(input, init, dispatcher, undici);
    const redirect = own.redirect ?? (target instanceof undici.Request ? target.redirect : "follow");
    return undici.fetch(target, redirect === "follow" ? { ...own, dispatcher: stayingSecure(dispatcher) } : own);
  };
  // The openai SDK looks here to learn which forms a `fetch` accepts: this process's own (`ownForm`). A getter, because naming the class
  // loads Node's own undici.
  const withResponse = Object.defineProperty(policyFetch, "Response", { get: () => globalThis.Response });
  // The two `fetch` types differ only in names: one is declared by undici, the other by Node's types.
  return withResponse as unknown as typeof globalThis.fetch;
}

function dispatcherOver(undici: typeof import("undici"), dialer: Dialer, options: PolicyOptions): Dispatcher {
  const limits = { timeoutMs: options.connectTimeoutMs };
  const connectTo =
    (kind: "request" | "websocket"): buildConnector.connector =>
    ({ hostname, port, protocol }, callback) => {
      const host = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
      const url = `${protocol}//${host}${port ? `:${port}` : ""}`;
      const forward = kind === "request" ? dialer.forward(url) : undefined;
      const dialled = forward?.dial(limits) ?? dialer.dial(targetOf(url), limits);
      dialled.then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    };
  const agent = new undici.Agent({
    factory: (name) => {
      // The scheme ws in an origin is our own mark for connections to an http origin that carry WebSockets.
      const isTunnel = new URL(name).protocol === "ws:";
      const origin = isTunnel ? String(name).replace(/^ws:/, "http:") : name;
      const connect = connectTo(isTunnel ? "websocket" : "request");
      return new undici.Pool(origin, { factory: (single) => newHoldingClient(undici, single, { connect }) });
    },
  });
  return agent.compose((dispatch) => (request, handler) => {
    const forward = forwardOf(request, dialer);
    if (!forward) return dispatch(request, handler);
    // A proxy must drop `Upgrade`, which is valid for one hop only, so a WebSocket needs a tunnel (RFC 6455 §4.1).
    if (request.upgrade)
      return dispatch({ ...request, origin: String(request.origin).replace(/^http:/, "ws:") }, handler);
    return dispatch(inAbsoluteForm(request, forward), handler);
  });
}

function forwardOf(request: Dispatcher.DispatchOptions, dialer: Dialer): Forward | undefined {
  const origin = String(request.origin ?? "");
  return origin.startsWith("http:") ? dialer.forward(origin) : undefined;
}

/** Plain HTTP to a proxy has the whole URL in its request line (RFC 9112 §3.2.2), and carries the proxy's credentials. */
function inAbsoluteForm(request: Dispatcher.DispatchOptions, forward: Forward): Dispatcher.DispatchOptions {
  const path = String(request.origin).replace(/\/$/, "") + request.path;
  return { ...request, path, headers: [...flatHeaders(request.headers), ...Object.entries(forward.headers).flat()] };
}

/** Headers in any form that undici accepts, as a flat list. */
function flatHeaders(headers: Dispatcher.DispatchOptions["headers"]): string[] {
  if (!headers) return [];
  if (Array.isArray(headers)) {
    const first: unknown = headers[0];
    return Array.isArray(first) ? (headers as unknown as [string, string][]).flat() : headers;
  }
  const pairs =
    Symbol.iterator in headers ? [...(headers as Iterable<[string, string | string[]]>)] : Object.entries(headers);
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [value].flat().flatMap((each) => [name, each])));
}

/** undici does not recognise a `Request` or `FormData` of Node's built-in fetch, so they are rebuilt. */
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
