import { type HeaderInit, type HeaderMap, mergeHeaders } from "../../client/headers.ts";
import { type Timing, timingOf } from "../../client/retry/policy.ts";
import { type AuthProvider, checkAuth } from "../auth.ts";
import { type IdentityFacts, identityOf } from "../identity.ts";
import { type ProviderConfig, type ProviderLimits, providerLimits, userInfoHeaders } from "../provider.ts";
import { Connections } from "./connections.ts";
import { Observer } from "./observer.ts";
import { checkedProvider, type ServiceOptions } from "./options.ts";

/** The headers that belong to the call. */
export interface CallHeaders {
  readonly carrier: "http" | "websocket";
  /** For headers that nothing else sets. */
  readonly defaults?: HeaderInit | undefined;
  readonly call?: HeaderInit | undefined;
  /** Headers of the message itself; they overwrite the call's. */
  readonly message?: HeaderInit | undefined;
  readonly credentials: HeaderInit;
}

/**
 * What every call needs: the provider, the identity, the credentials, the connections and the observers. The code calls this a line to the
 * service.
 */
export interface Line {
  readonly provider: ProviderConfig;
  readonly limits: ProviderLimits;
  readonly identity: IdentityFacts;
  readonly auth: AuthProvider;
  readonly connections: Connections;
  readonly observer: Observer;
  readonly timing: Timing;
  /** Authorization from the base URL's user name and password. */
  readonly userInfo: HeaderInit;
}

/**
 * @throws {@link BuildError} An option is missing, the base URL is not a URL, the credentials are not for it, or a number, a name, the
 *   originator or a proxy setting is invalid.
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle cannot be used.
 */
export function openLine(options: ServiceOptions): Line {
  checkedProvider(options.provider);
  const { provider, auth, identity, env, transport } = options;
  const limits = providerLimits(provider);
  checkAuth(auth, provider.baseUrl);
  const observer = new Observer(options);
  const userInfo = userInfoHeaders(provider); // an invalid base URL should fail here, not with the first call
  return {
    provider,
    limits,
    identity: identityOf(identity, provider, env),
    auth,
    connections: Connections.to(provider, { env, logger: observer.logger, transport }),
    observer,
    timing: timingOf(options),
    userInfo,
  };
}

/**
 * Merges headers. Each layer overwrites the ones before: defaults, the base URL's user, the provider, the identity, the call, the
 * credentials.
 *
 * @throws {@link BuildError} A header cannot be sent.
 */
export function headersOn(
  { provider, identity, userInfo }: Line,
  { carrier, defaults, call, message, credentials }: CallHeaders,
): HeaderMap {
  return mergeHeaders(
    carrier === "http" ? { accept: "*/*" } : undefined,
    identity.defaults,
    defaults,
    userInfo,
    provider.headers,
    identity.given,
    carrier === "websocket" ? identity.ofHandshake : undefined,
    call,
    message,
    credentials,
  );
}
