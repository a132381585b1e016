import { BuildError } from "../../client/failure/kinds.ts";
import { knownOptions, object } from "../../client/options.ts";
import { SERVICE_NAMES, type ServiceOptions } from "./options.ts";
import { Service } from "./service.ts";

/** Options of every client: either a provider and credentials of its own, or the `service` of another client (`api.service`). */
export type ClientOptions =
  | (ServiceOptions & { readonly service?: undefined })
  | ({ readonly service: Service } & { readonly [Name in keyof ServiceOptions]?: undefined });

/** For option checks that extend this one. */
export const CLIENT_NAMES = { ...SERVICE_NAMES, service: true } as const;

const CLIENT = knownOptions<ServiceOptions & { readonly service: Service }>("the options of a client", CLIENT_NAMES);

/** The service that a client uses, and whether it belongs to the client. */
export interface ChosenService {
  readonly service: Service;
  readonly isOwn: boolean;
}

/**
 * @param check - For options that extend those of a client.
 * @throws {@link BuildError} Options are missing or unknown.
 */
export function chooseService(options: ClientOptions, check = CLIENT): ChosenService {
  object("the options of a client", options, "an object with provider and auth");
  check(options);
  const { service } = options;
  if (service === undefined) return { service: new Service(options), isOwn: true };
  if (!(service instanceof Service)) throw new BuildError("service must be that of a CodexApi: api.service");
  const doubled = Object.keys(SERVICE_NAMES).filter((name) => options[name as keyof ServiceOptions] !== undefined);
  if (doubled.length > 0) throw new BuildError(`give service or ${doubled.join(" and ")}; a service has its own`);
  return { service, isOwn: false };
}

/** A client for one group of endpoints, with connections of its own or shared ones. */
export abstract class ServiceClient implements AsyncDisposable {
  /** @internal */
  protected readonly service: Service;
  readonly #isOwn: boolean;

  /**
   * @throws {@link BuildError} The provider's base URL, a number or name among the options, or a proxy setting is invalid.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle cannot be used.
   */
  constructor(options: ClientOptions) {
    const { service, isOwn } = chooseService(options);
    this.service = service;
    this.#isOwn = isOwn;
  }

  /** Closes the connections that this client opened for itself; requests on them fail. Those of a shared `service` stay open. */
  async close(): Promise<void> {
    if (this.#isOwn) await this.service.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
