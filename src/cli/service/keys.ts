import type { ServiceChoice } from "../call-options.ts";
import { UsageError } from "../failure.ts";
import { type ProviderName, providers } from "./providers.ts";

/** A company, and the variable that its documentation names for its key. */
interface Company {
  readonly name: string;
  readonly provider: ProviderName;
  readonly variable: string;
  /** Its services are at these domains and below. */
  readonly domains: readonly string[];
}

const COMPANIES: readonly Company[] = [
  { name: "OpenAI", provider: "openai", variable: "OPENAI_API_KEY", domains: ["openai.com", "chatgpt.com"] },
  { name: "xAI", provider: "xai", variable: "XAI_API_KEY", domains: ["x.ai"] },
  { name: "Vercel", provider: "vercel", variable: "AI_GATEWAY_API_KEY", domains: ["vercel.sh"] },
  { name: "OpenRouter", provider: "openrouter", variable: "OPENROUTER_API_KEY", domains: ["openrouter.ai"] },
  {
    name: "Azure",
    provider: "azure",
    variable: "AZURE_OPENAI_API_KEY",
    domains: ["azure.com", "azure.us", "azure.cn"],
  },
];

/** Where a base URL comes from: the command line, `OPENAI_BASE_URL`, or the provider. */
export interface Address {
  readonly url: string | undefined;
  readonly from: "option" | "variable" | "provider";
}

export function addressOf({ baseUrl }: ServiceChoice): Address {
  if (baseUrl !== undefined) return { url: baseUrl, from: "option" };
  const url = nonBlank(process.env.OPENAI_BASE_URL);
  return url === undefined ? { url, from: "provider" } : { url, from: "variable" };
}

/**
 * The variable that holds the key; undefined if none is sent. A key of OpenAI goes where its owner points it: to OpenAI, to
 * `OPENAI_BASE_URL`, and to a `--base-url` that is not the address of a company with a variable of its own.
 */
export function keyVariable(choice: ServiceChoice): string | undefined {
  if (choice.apiKeyEnv !== undefined) return choice.apiKeyEnv;
  const { url, from } = addressOf(choice);
  if (from === "variable") return "OPENAI_API_KEY";
  if (from === "provider" && choice.provider && providers[choice.provider].isLocal) return undefined;
  const company = from === "option" ? companyAt(url) : companyOf(choice.provider);
  return (company ?? OPENAI).variable;
}

/** Whether calls go to another company's own address, which answers nobody without a key. */
export function needsOtherKey(choice: ServiceChoice): boolean {
  const variable = keyVariable({ ...choice, apiKeyEnv: undefined });
  return variable !== undefined && variable !== OPENAI.variable;
}

/**
 * Checks that a key that was named for one company does not go to an address that only a variable or a default names.
 *
 * @throws {@link UsageError} It would.
 */
export function checkNamedKey(choice: ServiceChoice): void {
  const { apiKeyEnv, provider } = choice;
  const { url, from } = addressOf(choice);
  if (from === "option" || (from === "provider" && provider !== undefined)) return;
  const owner = COMPANIES.find(({ variable }) => variable === apiKeyEnv) ?? companyOf(provider);
  if (owner === undefined || owner === OPENAI || (url !== undefined && isThisMachine(url))) return;
  if (url === undefined)
    throw new UsageError(
      `${apiKeyEnv} holds the key of ${owner.name}, and without an address calls go to OpenAI: give --provider ${owner.provider}, or --base-url URL`,
    );
  const there = companyAt(url);
  if (there === owner || (there === undefined && owner.provider === "azure")) return; // Azure has no address of its own
  throw new UsageError(
    `the key is for ${owner.name}, and OPENAI_BASE_URL leads to ${hostOf(url)}: unset it, or give --base-url too if the key is for that address`,
  );
}

const OPENAI = COMPANIES[0] as Company;

function companyOf(provider: ProviderName | undefined): Company | undefined {
  return COMPANIES.find((each) => each.provider === provider);
}

function companyAt(baseUrl: string | undefined): Company | undefined {
  const host = `.${hostOf(baseUrl ?? "")}`;
  return COMPANIES.find(({ domains }) => domains.some((domain) => host.endsWith(`.${domain}`)));
}

function isThisMachine(baseUrl: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(hostOf(baseUrl));
}

/** An empty text if it is not a URL: that is refused when the provider is used. */
export function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl.trim()) ? new URL(baseUrl.trim()).hostname : "";
}

/** Exported keys often end in a line break; one inside the key stays, and is refused when the header is built. */
export function nonBlank(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed ? trimmed : undefined;
}
