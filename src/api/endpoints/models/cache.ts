import { type Logger, steadyLogger } from "../../../client/observe/log.ts";
import { knownOptions, milliseconds, object } from "../../../client/options.ts";
import { acceptSignal, unlessAborted } from "../../../client/waiting/abort.ts";
import { type Clock, systemClock } from "../../../client/waiting/clock.ts";
import { SharedWork } from "../../../client/waiting/shared-work.ts";
import { type CachedModels, readModelsFile, writeModelsFile } from "./cache-file.ts";
import { type ModelsClient, type ModelsList, type ModelsListOptions, wholeVersion } from "./client.ts";

export interface ModelsCacheOptions {
  /** Fetches the list when there is no valid one. */
  readonly client: Pick<ModelsClient, "list">;
  /** As in `ModelsClient.list`; a cached list for another version is not used. */
  readonly clientVersion: string;
  /**
   * File that keeps the list between processes, in the format of the Rust client's `models_cache.json`. By default the list is kept in
   * memory only.
   */
  readonly path?: string | undefined;
  /** How long a list is valid, in milliseconds. @default 300 000 (5 minutes) */
  readonly ttlMs?: number | undefined;
  /** Clock for the validity of the list. @default the system's */
  readonly clock?: Clock | undefined;
  /** `console`, pino or a similar logger. Silent by default. */
  readonly logger?: Logger | undefined;
}

export type ModelsCacheCall = Omit<ModelsListOptions, "clientVersion">;

const OPTIONS = knownOptions<ModelsCacheOptions>("the options of ModelsCache", {
  client: true,
  clientVersion: true,
  path: true,
  ttlMs: true,
  clock: true,
  logger: true,
});

const DEFAULT_TTL_MS = 300_000;

/**
 * Caches the list of models. It is valid for five minutes. A response with the same etag (event `models_etag`) renews it; with another etag
 * the list is fetched again.
 *
 * A cache file that cannot be read or written is not an error: it is logged, and the list is fetched.
 *
 * @see The Rust client's models manager, for the file format, the time and the two rules for the etag.
 *
 * @example
 * ```ts
 * const cache = new ModelsCache({ client: new ModelsClient(options), clientVersion: "0.115.0" });
 * const { models } = await cache.list();
 * for await (const event of stream) if (event.type === "models_etag") await cache.noteEtag(event.etag);
 * ```
 */
export class ModelsCache {
  readonly #options: ModelsCacheOptions;
  readonly #clientVersion: string;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #fetches = new SharedWork<ModelsList>();
  #cached: CachedModels | undefined;
  #loaded: Promise<void> | undefined;

  /** @throws {@link BuildError} `clientVersion` or `ttlMs` is invalid. */
  constructor(options: ModelsCacheOptions) {
    OPTIONS(options);
    this.#options = options;
    this.#clientVersion = wholeVersion(options.clientVersion);
    this.#ttlMs = milliseconds("ttlMs", options.ttlMs ?? DEFAULT_TTL_MS);
    this.#clock = options.clock ?? systemClock;
    this.#logger = steadyLogger(options.logger);
  }

  /**
   * The cached list if it is valid, else a new one. Concurrent calls share one request, which has the options of the first caller.
   *
   * @throws The errors of `ModelsClient.list`. {@link AbortedError} This call's own signal fired.
   */
  async list(call: ModelsCacheCall = {}): Promise<ModelsList> {
    await this.#load(object("the options of a models cache's call", call, "an object").signal);
    return this.#cached && this.#isGood(this.#cached) ? toList(this.#cached) : this.#join(call);
  }

  /** Fetches a new list in any case. @throws The errors of `ModelsClient.list`; the cached list is then kept. */
  async refresh(call: ModelsCacheCall = {}): Promise<ModelsList> {
    const list = await this.#options.client.list({ ...call, clientVersion: this.#clientVersion });
    const { models, etag } = list;
    await this.#keep({ fetchedAtMs: this.#clock.now(), etag, clientVersion: this.#clientVersion, models });
    return list;
  }

  /** The list for an etag that a response carried: the cached one, whose validity is renewed, or a new one. Throws as {@link list}. */
  async noteEtag(etag: string, call: ModelsCacheCall = {}): Promise<ModelsList> {
    await this.#load(object("the options of a models cache's call", call, "an object").signal);
    if (this.#cached?.etag !== etag) return this.#join(call);
    await this.#keep({ ...this.#cached, fetchedAtMs: this.#clock.now() });
    return toList(this.#cached);
  }

  // A list that was requested before the etag changed may still be the old one: the next response will say so.
  #join(call: ModelsCacheCall): Promise<ModelsList> {
    return this.#fetches.join(call.signal, (signal) => this.refresh({ ...call, signal }));
  }

  #isGood(cached: CachedModels): boolean {
    const ageMs = this.#clock.now() - cached.fetchedAtMs;
    return ageMs >= 0 && ageMs <= this.#ttlMs;
  }

  /** One request for all calls; each waits only as long as its own signal allows. */
  #load(signal: AbortSignal | undefined): Promise<void> {
    acceptSignal(signal);
    this.#loaded ??= this.#read();
    const loaded = this.#loaded;
    return unlessAborted(signal, () => loaded);
  }

  async #read(): Promise<void> {
    const { path } = this.#options;
    if (path === undefined) return;
    try {
      const cached = await readModelsFile(path);
      if (cached?.clientVersion === this.#clientVersion) this.#cached = cached;
    } catch (error) {
      this.#logger.warn({ path, error: String(error) }, "the models cache cannot be read; the list is fetched");
    }
  }

  async #keep(cached: CachedModels): Promise<void> {
    this.#cached = cached;
    const { path } = this.#options;
    if (path === undefined) return;
    try {
      await writeModelsFile(path, cached);
    } catch (error) {
      this.#logger.warn({ path, error: String(error) }, "the models cache cannot be written");
    }
  }
}

function toList({ models, etag }: CachedModels): ModelsList {
  return etag === undefined ? { models } : { models, etag };
}
