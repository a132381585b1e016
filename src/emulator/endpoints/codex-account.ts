import type { Fields } from "../fields.ts";

const ANSWERS: readonly (readonly [path: RegExp, body: Fields])[] = [
  [
    /\/wham\/accounts\/check$/,
    {
      accounts: [{ id: "account-emulated", name: "Emulated", structure: "personal", plan_type: "plus", role: "owner" }],
      default_account_id: "account-emulated",
      account_ordering: ["account-emulated"],
    },
  ],
  [/\/wham\/usage$/, { plan_type: "plus", rate_limit: null, credits: null }],
  [/\/ps\/plugins\/(?:list|installed)$/, { plugins: [], pagination: { limit: 50, next_page_token: null } }],
];

/** What the Codex CLI asks of the ChatGPT backend beside the model: one account, no plugins, default settings. */
export function answerCodexAccount(pathname: string): Fields {
  return ANSWERS.find(([path]) => path.test(pathname))?.[1] ?? {};
}
