import { BuildError } from "../../client/failure/kinds.ts";
import { knownOptions, object } from "../../client/options.ts";
import { SERVICE_NAMES, type ServiceOptions } from "./options.ts";
import { Service } from "./service.ts";

/** What every client takes: what a line of its own is made of, or the line of another (`api.service`). */
export type ClientOptions =
  | (ServiceOptions & { readonly service?: undefined })
  | ({ readonly service: Service } & { readonly [Name in keyof ServiceOptions]?: undefined });

/** For the checks of options that extend them. */
export const CLIENT_NAMES = { ...SERVICE_NAMES, service: true } as const;

const CLIENT = knownOptions<ServiceOptions & { readonly service: Service }>("the options of a client", CLIENT_NAMES);

/** The line that a client goes over, and whether it is its own. */
export interface ChosenLine {
  readonly service: Service;
  readonly isOwn: boolean;
}

/**
 * @param check - Of options that hold more than those of a client.
 * @throws {@link BuildError} Untyped callers leave out what a client is made of, or give an option that does not exist.
 */
export function chooseLine(options: ClientOptions, check = CLIENT): ChosenLine {
  object("the options of a client", options, "an object with provider and auth");
  check(options);
  const { service } = options;
  if (service === undefined) return { service: new Service(options), isOwn: true };
  if (!(service instanceof Service)) throw new BuildError("service must be that of a CodexApi: api.service");
  const doubled = Object.keys(SERVICE_NAMES).filter((name) => options[name as keyof ServiceOptions] !== undefined);
  if (doubled.length > 0) throw new BuildError(`give service or ${doubled.join(" and ")}; a service has its own`);
  return { service, isOwn: false };
}

/** A client of one endpoint, over a line to the service of its own or over a shared one. */
export abstract class ServiceClient implements AsyncDisposable {
  /** @internal */
  protected readonly service: Service;
  readonly #isOwn: boolean;

  /**
   * @throws {@link BuildError} The provider's base URL, a number, a name among the options or a proxy setting is unusable.
   * @throws {@link CaReadError}, {@link CaInvalidError}, {@link CaRejectedError} The CA bundle is unusable.
   */
  constructor(options: ClientOptions) {
    const { service, isOwn } = chooseLine(options);
    this.service = service;
    this.#isOwn = isOwn;
  }

  /** Ends the connections that this client opened for itself, with whatever runs on them; those of a shared `service` stay. */
  async close(): Promise<void> {
    if (this.#isOwn) await this.service.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
