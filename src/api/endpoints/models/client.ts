import { BuildError } from "../../../client/failure/kinds.ts";
import { isSendableHeaderValue } from "../../../client/headers.ts";
import { knownOptions, milliseconds, text } from "../../../client/options.ts";
import { header } from "../../headers.ts";
import { type Answer, readAnswer } from "../../service/answer.ts";
import { UNARY_NAMES, type UnaryOptions, unaryCall } from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import { decodeModels } from "./decoder.ts";
import type { ModelInfo } from "./info.ts";

export interface ModelsListOptions extends UnaryOptions {
  /**
   * `MAJOR.MINOR.PATCH`; the service lists the models that this version of a client can use. A pre-release suffix is removed.
   * @default the identity's version, which is also sent in the header `version`
   */
  readonly clientVersion?: string | undefined;
  /** Limit for the whole call, retries included, in milliseconds; 0 sets no limit. @default 5 000 */
  readonly timeoutMs?: number | undefined;
}

export interface ModelsList {
  readonly models: readonly ModelInfo[];
  /** Changes when the list changes; responses carry it as `models_etag`. */
  readonly etag?: string;
}

const OPTIONS = knownOptions<ModelsListOptions>("the options of a models list", {
  ...UNARY_NAMES,
  clientVersion: true,
  timeoutMs: true,
});

const DEFAULT_TIMEOUT_MS = 5_000;
const FAILURE = "failed to decode models response";

/** `GET {baseUrl}/models`: information about the models. */
export class ModelsClient extends ServiceClient {
  /**
   * Fetches the list. An unknown value in it is not an error; see `ModelInfo`.
   *
   * @throws The kinds of `docs/errors.md`. {@link BuildError} A number is invalid. {@link ProtocolError} `failed to decode models response:
   *   …`: the answer is not a list of models. {@link TimeoutError} No answer within `timeoutMs`.
   * @see codex-api/src/endpoint/models.rs `list_models`.
   */
  async list(options: ModelsListOptions = {}): Promise<ModelsList> {
    OPTIONS(options);
    const { clientVersion = this.service.line.identity.clientVersion } = options;
    const headers = { [header.version]: options.clientVersion, ...options.headers }; // so that the request names one version, not two
    const response = await this.service.execute({
      ...unaryCall("models", undefined, { ...options, headers }, OPTIONS),
      method: "GET",
      query: { client_version: wholeVersion(clientVersion) },
      callMs: milliseconds("timeoutMs", options.timeoutMs ?? DEFAULT_TIMEOUT_MS),
    });
    const models = this.#decode(response);
    const { etag } = response.headers;
    return etag !== undefined && isSendableHeaderValue(etag) ? { models, etag } : { models };
  }

  #decode(response: Answer): ModelInfo[] {
    return decodeModels(readAnswer(response, FAILURE, "body"), (place) =>
      this.service.line.observer.logger.debug(
        { place, url: response.url },
        "a value of the models list cannot be read",
      ),
    );
  }
}

/**
 * `0.115.0-alpha.3` as `0.115.0`.
 *
 * @throws {@link BuildError} It does not begin with `MAJOR.MINOR.PATCH`.
 */
export function wholeVersion(version: string): string {
  text("clientVersion", version);
  const whole = /^\d+\.\d+\.\d+(?=$|[-+])/.exec(version)?.[0];
  if (whole === undefined) {
    throw new BuildError(`clientVersion ${JSON.stringify(version)} is not a version; it looks like 0.115.0`);
  }
  return whole;
}
