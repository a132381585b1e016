import { type Logger, steadyLogger } from "../../../client/observe/log.ts";
import { milliseconds } from "../../../client/options.ts";
import { acceptSignal, unlessAborted } from "../../../client/waiting/abort.ts";
import { type Clock, systemClock } from "../../../client/waiting/clock.ts";
import { SharedWork } from "../../../client/waiting/shared-work.ts";
import { type CachedModels, readModelsFile, writeModelsFile } from "./cache-file.ts";
import { type ModelsClient, type ModelsList, type ModelsListOptions, wholeVersion } from "./client.ts";

export interface ModelsCacheOptions {
  /** Asks for a list when none is at hand. */
  readonly client: Pick<ModelsClient, "list">;
  /** As in `ModelsClient.list`; a list that was made for another version is not used. */
  readonly clientVersion: string;
  /** File that keeps the list between processes, in the form of the Rust client's `models_cache.json`. Default: memory alone. */
  readonly path?: string | undefined;
  /** How long a list is good for, in milliseconds. Default 300 000. */
  readonly ttlMs?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

export type ModelsCacheCall = Omit<ModelsListOptions, "clientVersion">;

const DEFAULT_TTL_MS = 300_000;

/**
 * The models list, asked for no more often than needed: it is good for five minutes, and a response that carries the same etag (event
 * `models_etag`) renews it, one that carries another has it asked for anew.
 *
 * A file that cannot be read or written is no failure: the log says so and the list is asked for.
 *
 * @see The Rust client's models manager; its file form, its time and its two rules for the etag.
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

  /** @throws {@link BuildError} `clientVersion` or `ttlMs` is unusable. */
  constructor(options: ModelsCacheOptions) {
    this.#options = options;
    this.#clientVersion = wholeVersion(options.clientVersion);
    this.#ttlMs = milliseconds("ttlMs", options.ttlMs ?? DEFAULT_TTL_MS);
    this.#clock = options.clock ?? systemClock;
    this.#logger = steadyLogger(options.logger);
  }

  /**
   * The list at hand while it is good, else a new one: the one that is being asked for already, with the options of the first caller.
   *
   * @throws What `ModelsClient.list` throws; {@link AbortedError} as soon as this call's own signal fires.
   */
  async list(call: ModelsCacheCall = {}): Promise<ModelsList> {
    await this.#load(call.signal);
    return this.#cached && this.#isGood(this.#cached) ? toList(this.#cached) : this.#join(call);
  }

  /** Asks for a new list in any case. @throws What `ModelsClient.list` throws; the list at hand stays. */
  async refresh(call: ModelsCacheCall = {}): Promise<ModelsList> {
    const list = await this.#options.client.list({ ...call, clientVersion: this.#clientVersion });
    const { models, etag } = list;
    await this.#keep({ fetchedAtMs: this.#clock.now(), etag, clientVersion: this.#clientVersion, models });
    return list;
  }

  /** The list that belongs to an etag which a response carried: the one at hand, good for another while, or a new one. Throws as {@link list}. */
  async noteEtag(etag: string, call: ModelsCacheCall = {}): Promise<ModelsList> {
    await this.#load(call.signal);
    if (this.#cached?.etag !== etag) return this.#join(call);
    await this.#keep({ ...this.#cached, fetchedAtMs: this.#clock.now() });
    return toList(this.#cached);
  }

  // One that was asked for before the etag changed may still be the old list: the next response says so.
  #join(call: ModelsCacheCall): Promise<ModelsList> {
    return this.#fetches.join(call.signal, (signal) => this.refresh({ ...call, signal }));
  }

  #isGood(cached: CachedModels): boolean {
    const ageMs = this.#clock.now() - cached.fetchedAtMs;
    return ageMs >= 0 && ageMs <= this.#ttlMs;
  }

  /** Once for all calls; each waits for it no longer than its own signal allows. */
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
      this.#logger.warn({ path, error: String(error) }, "the models cache cannot be read; the list is asked for");
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
  return { models, ...(etag === undefined ? {} : { etag }) };
}
