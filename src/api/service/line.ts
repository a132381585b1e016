import { type HeaderInit, type HeaderMap, mergeHeaders } from "../../client/headers.ts";
import { type Timing, timingOf } from "../../client/retry/policy.ts";
import type { AuthProvider } from "../auth.ts";
import { type IdentityFacts, identityOf } from "../identity.ts";
import { type ProviderConfig, type ProviderLimits, providerLimits, userInfoHeaders } from "../provider.ts";
import { Connections } from "./connections.ts";
import { Observer } from "./observer.ts";
import { checkServiceOptions, type ServiceOptions } from "./options.ts";

/** The layers of a request's headers that belong to the call. */
export interface CallHeaders {
  readonly carrier: "http" | "websocket";
  /** For header names that nothing else sets. */
  readonly defaults?: HeaderInit | undefined;
  readonly call?: HeaderInit | undefined;
  /** Of the message itself: over what the call says. */
  readonly message?: HeaderInit | undefined;
  readonly credentials: HeaderInit;
}

/** All that a call needs of its line to the service: where, who asks, with whose credentials, over what, and who is told. */
export interface Line {
  readonly provider: ProviderConfig;
  readonly limits: ProviderLimits;
  readonly identity: IdentityFacts;
  readonly auth: AuthProvider;
  readonly connections: Connections;
  readonly observer: Observer;
  readonly timing: Timing;
  /** Of the base URL's user name and password. */
  readonly userInfo: HeaderInit;
}

/**
 * @throws {@link BuildError} The base URL is not a URL, or a number, a name, the originator or a proxy setting is unusable.
 * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
 */
export function openLine(options: ServiceOptions): Line {
  checkServiceOptions(options);
  const { provider, auth, identity, env, transport } = options;
  const limits = providerLimits(provider);
  const observer = new Observer(options);
  const userInfo = userInfoHeaders(provider); // a base URL that is none fails here, not in the middle of the work
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
 * Who overwrites whom, from the first to the last: defaults, the base URL's user, the provider, the identity, the call, the credentials.
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
