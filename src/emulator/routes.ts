import { BoundedMap } from "./bounded-map.ts";

export type Endpoint =
  | "responses"
  | "stored_response"
  | "stored_response_deletion"
  | "cancellation"
  | "input_items"
  | "input_tokens"
  | "compact"
  | "conversation_creation"
  | "conversation"
  | "conversation_update"
  | "conversation_deletion"
  | "conversation_items"
  | "conversation_items_creation"
  | "conversation_item"
  | "conversation_item_deletion"
  | "memories"
  | "models"
  | "model"
  | "search"
  | "image_generation"
  | "image_edit"
  | "call"
  | "call_act"
  | "client_secret"
  | "realtime"
  | "file"
  | "files"
  | "stored_file"
  | "file_content"
  | "file_deletion"
  | "uploaded"
  | "upload"
  | "download"
  | "codex_account"
  | "codex_apps"
  | "codex_analytics";

type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Route {
  readonly endpoint: Endpoint;
  readonly method: Method;
  /** The ids in the path, in order. */
  readonly ids: readonly string[];
}

/** An address that is known, but not with this method. */
export interface OtherMethods {
  readonly allow: readonly string[];
}

// The public API, the ChatGPT backend, Azure, and no prefix at all.
export const PREFIX = /^(?:\/v1|\/backend-api(?:\/codex)?|\/openai(?:\/v1)?)?(?=\/)/;
const TABLE: readonly (readonly [Method, path: string, Endpoint])[] = [
  ["POST", "/responses", "responses"],
  ["POST", "/responses/compact", "compact"],
  ["POST", "/responses/input_tokens", "input_tokens"],
  ["GET", "/responses/*", "stored_response"],
  ["DELETE", "/responses/*", "stored_response_deletion"],
  ["POST", "/responses/*/cancel", "cancellation"],
  ["GET", "/responses/*/input_items", "input_items"],
  ["POST", "/conversations", "conversation_creation"],
  ["GET", "/conversations/*", "conversation"],
  ["POST", "/conversations/*", "conversation_update"],
  ["DELETE", "/conversations/*", "conversation_deletion"],
  ["GET", "/conversations/*/items", "conversation_items"],
  ["POST", "/conversations/*/items", "conversation_items_creation"],
  ["GET", "/conversations/*/items/*", "conversation_item"],
  ["DELETE", "/conversations/*/items/*", "conversation_item_deletion"],
  ["POST", "/memories/trace_summarize", "memories"],
  ["GET", "/models", "models"],
  ["GET", "/models/*", "model"],
  ["POST", "/alpha/search", "search"],
  ["POST", "/images/generations", "image_generation"],
  ["POST", "/images/edits", "image_edit"],
  ["POST", "/realtime/calls", "call"],
  ["POST", "/realtime/calls/*/accept", "call_act"],
  ["POST", "/realtime/calls/*/reject", "call_act"],
  ["POST", "/realtime/calls/*/refer", "call_act"],
  ["POST", "/realtime/calls/*/hangup", "call_act"],
  ["POST", "/realtime/client_secrets", "client_secret"],
  ["GET", "/realtime", "realtime"],
  ["POST", "/live", "call"], // what Codex's realtime v3 calls both
  ["GET", "/live/*", "realtime"],
  ["POST", "/files", "file"],
  ["GET", "/files", "files"],
  ["GET", "/files/*", "stored_file"],
  ["DELETE", "/files/*", "file_deletion"],
  ["GET", "/files/*/content", "file_content"],
  ["POST", "/files/*/uploaded", "uploaded"],
  ["PUT", "/upload/*", "upload"],
  ["GET", "/download/*", "download"],
  ["GET", "/wham/accounts/check", "codex_account"],
  ["GET", "/wham/settings/user", "codex_account"],
  ["GET", "/wham/usage", "codex_account"],
  ["GET", "/ps/plugins/list", "codex_account"],
  ["GET", "/ps/plugins/suggested/*", "codex_account"],
  ["GET", "/ps/plugins/tooling-state/*", "codex_account"],
  ["GET", "/ps/plugins/installed", "codex_account"],
  ["POST", "/ps/mcp", "codex_apps"],
  ["POST", "/analytics-events/events", "codex_analytics"],
];

interface Row {
  readonly method: Method;
  readonly endpoint: Endpoint;
  readonly pattern: RegExp;
}

const EXACT: ReadonlyMap<string, Route> = new Map(
  TABLE.filter(([, path]) => !path.includes("*")).map(([method, path, endpoint]) => [
    `${method} ${path}`,
    { endpoint, method, ids: [] },
  ]),
);
const ROWS: readonly Row[] = TABLE.map(([method, path, endpoint]) => ({
  method,
  endpoint,
  pattern: new RegExp(`^${path.replaceAll("*", "([^/]+)")}$`),
}));

type Found = Route | OtherMethods | "nothing";

/** By method, because joining method and path would cost more than the look-up. */
const RECENT = new Map<string, BoundedMap<string, Found>>();
const MOST_RECENT = 200;

/** Where a request goes; undefined if nothing answers at this address. Asked several times per request, so the last answers are kept. */
export function routeOf(method: string, pathname: string): Route | OtherMethods | undefined {
  const route = RECENT.get(method)?.get(pathname) ?? lookedUp(method, pathname);
  return route === "nothing" ? undefined : route;
}

function lookedUp(method: string, pathname: string): Found {
  const route = found(method, pathname) ?? "nothing";
  const recent = RECENT.get(method) ?? new BoundedMap(MOST_RECENT);
  recent.set(pathname, route);
  RECENT.set(method, recent);
  return route;
}

function found(method: string, pathname: string): Route | OtherMethods | undefined {
  const path = pathname.replace(PREFIX, "");
  const exact = EXACT.get(`${method} ${path}`);
  if (exact) return exact;
  const rows = ROWS.filter(({ pattern }) => pattern.test(path));
  const row = rows.find((candidate) => candidate.method === method);
  if (row)
    return { endpoint: row.endpoint, method: row.method, ids: (row.pattern.exec(path) ?? []).slice(1).map(decoded) };
  // `/responses/compact` fits `/responses/*` too; the plain address decides what is allowed there.
  const plain = TABLE.filter(([, known]) => known === path).map(([known]) => known);
  const allow = plain.length > 0 ? plain : rows.map((candidate) => candidate.method);
  return allow.length > 0 ? { allow: [...new Set(allow)] } : undefined;
}

/** A path without its query. */
export function pathnameOf(path: string): string {
  const end = path.indexOf("?");
  return end === -1 ? path : path.slice(0, end);
}

/** Whether the address belongs to the ChatGPT backend. */
export function isCodexBackend(pathname: string): boolean {
  return pathname.startsWith("/backend-api/");
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
