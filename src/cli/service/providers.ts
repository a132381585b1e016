import {
  azureProvider,
  chatgptProvider,
  lmstudioProvider,
  ollamaProvider,
  openaiProvider,
  openrouterProvider,
  type ProviderConfig,
  type ProviderOverrides,
  vercelGatewayProvider,
  xaiProvider,
} from "../../index.ts";
import { UsageError } from "../failure.ts";

/** A provider that `--provider` names. Whose key it gets is in `keys.ts`. */
interface NamedProvider {
  readonly make: (overrides: ProviderOverrides) => ProviderConfig;
  /** The built-in emulator takes its place where there is no key. */
  readonly isEmulated?: true;
  /** A server of the user's machine. */
  readonly isLocal?: true;
}

export type ProviderName = "openai" | "chatgpt" | "azure" | "ollama" | "lmstudio" | "xai" | "vercel" | "openrouter";

/** In the order in which the help lists them. */
export const providers: Readonly<Record<ProviderName, NamedProvider>> = {
  openai: { make: openaiProvider, isEmulated: true },
  chatgpt: { make: chatgptProvider, isEmulated: true },
  azure: { make: azureAt },
  ollama: { make: ollamaProvider, isLocal: true },
  lmstudio: { make: lmstudioProvider, isLocal: true },
  xai: { make: xaiProvider },
  vercel: { make: vercelGatewayProvider },
  openrouter: { make: openrouterProvider },
};

export const providerNames = Object.keys(providers) as ProviderName[];

function azureAt({ baseUrl, ...overrides }: ProviderOverrides): ProviderConfig {
  if (baseUrl !== undefined) return azureProvider({ ...overrides, baseUrl });
  throw new UsageError("--provider azure needs --base-url, e.g. https://NAME.openai.azure.com/openai/v1");
}
