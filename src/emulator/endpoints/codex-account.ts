import type { Fields } from "../fields.ts";

const ACCOUNT = { id: "account-emulated", name: "Emulated", structure: "personal", plan_type: "plus", role: "owner" };
const NO_PLUGINS = { plugins: [], pagination: { limit: 50, next_page_token: null } };

/**
 * What the Codex CLI asks of the ChatGPT backend beside the model: one account, whose backend is here, no plugins, default settings.
 */
export function answerCodexAccount({ pathname, origin }: URL): Fields {
  if (pathname.endsWith("/wham/accounts/check")) {
    // Without both of these the CLI (0.171) sends no request for a response; the second takes the name of a region.
    const account = { ...ACCOUNT, workspace_backend_origin: origin, account_routing_override: "us" };
    return { accounts: [account], default_account_id: ACCOUNT.id, account_ordering: [ACCOUNT.id] };
  }
  if (pathname.endsWith("/wham/usage")) return { plan_type: ACCOUNT.plan_type, rate_limit: null, credits: null };
  return pathname.includes("/ps/plugins/") ? NO_PLUGINS : {};
}
