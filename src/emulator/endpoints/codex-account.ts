import type { StepAnswer } from "../delivery/script.ts";
import { type Fields, isFields } from "../fields.ts";

const ACCOUNT = { id: "account-emulated", name: "Emulated", structure: "personal", plan_type: "plus", role: "owner" };
const NO_PLUGINS = { plugins: [], pagination: { limit: 50, next_page_token: null } };

/**
 * What the Codex CLI requests from the ChatGPT backend besides responses: one account, whose backend is here, no plugins, default settings.
 */
export function answerCodexAccount({ pathname, origin }: URL): Fields {
  if (pathname.endsWith("/wham/accounts/check")) {
    // Without both of these the CLI (0.171) sends no request for a response; the second is the name of a region.
    const account = { ...ACCOUNT, workspace_backend_origin: origin, account_routing_override: "us" };
    return { accounts: [account], default_account_id: ACCOUNT.id, account_ordering: [ACCOUNT.id] };
  }
  if (pathname.endsWith("/wham/usage")) return { plan_type: ACCOUNT.plan_type, rate_limit: null, credits: null };
  return pathname.includes("/ps/plugins/") ? NO_PLUGINS : {};
}

const MCP_VERSION = "2025-06-18";

/** The apps of an account, as an MCP server over HTTP: it answers initialization and lists no apps. */
export function answerCodexApps({ id, method, params }: Fields): StepAnswer {
  if (id === undefined) return { status: 202 }; // a notification
  const result = APPS.get(String(method));
  if (!result) return { body: { jsonrpc: "2.0", id, error: { code: -32601, message: `Method not found: ${method}` } } };
  return { body: { jsonrpc: "2.0", id, result: result(isFields(params) ? params : {}) } };
}

const APPS: ReadonlyMap<string, (params: Fields) => Fields> = new Map<string, (params: Fields) => Fields>([
  [
    "initialize",
    ({ protocolVersion }) => ({
      protocolVersion: protocolVersion ?? MCP_VERSION,
      capabilities: { tools: {} },
      serverInfo: { name: "codex-wire-emulator", version: "0" },
    }),
  ],
  ["ping", () => ({})],
  ["tools/list", () => ({ tools: [] })],
  ["resources/list", () => ({ resources: [] })],
]);
