import { object, present } from "../../client/options.ts";
import { readAnswer } from "../service/answer.ts";
import { type UnaryOptions, unaryCall } from "../service/call-options.ts";
import { ServiceClient } from "../service/client.ts";
import type { AnswerReader } from "../wire/answer-reader.ts";
import type { OpenString } from "../wire/items.ts";
import type { JsonObject } from "../wire/json.ts";
import { checkModel, encodeRequestInput, type RequestInput } from "../wire/request-input.ts";
import type { ReasoningParam } from "../wire/requests.ts";

export interface SearchQuery {
  readonly q: string;
  /** In days back. */
  readonly recency?: number | undefined;
  readonly domains?: readonly string[] | undefined;
}

/** The operations to run; each entry of each list is one operation. */
export interface SearchCommands {
  readonly search_query?: readonly SearchQuery[] | undefined;
  readonly image_query?: readonly SearchQuery[] | undefined;
  /** For scholarly works. */
  readonly literature_search_query?: readonly SearchQuery[] | undefined;
  /** `ref_id` is an id from an earlier answer, or an URL. */
  readonly open?: readonly { readonly ref_id: string; readonly lineno?: number | undefined }[] | undefined;
  readonly click?: readonly { readonly ref_id: string; readonly id: number }[] | undefined;
  readonly find?: readonly { readonly ref_id: string; readonly pattern: string }[] | undefined;
  /** For a PDF; pages count from 0. */
  readonly screenshot?: readonly { readonly ref_id: string; readonly pageno: number }[] | undefined;
  readonly finance?: readonly FinanceQuery[] | undefined;
  readonly weather?: readonly WeatherQuery[] | undefined;
  readonly sports?: readonly SportsQuery[] | undefined;
  /** `+03:00` */
  readonly time?: readonly { readonly utc_offset: string }[] | undefined;
  readonly response_length?: OpenString<"short" | "medium" | "long"> | undefined;
}

export interface FinanceQuery {
  readonly ticker: string;
  readonly type: OpenString<"equity" | "fund" | "crypto" | "index">;
  readonly market?: string | undefined;
}

export interface WeatherQuery {
  readonly location: string;
  /** `YYYY-MM-DD`; the service's default is today. */
  readonly start?: string | undefined;
  /** In days. */
  readonly duration?: number | undefined;
}

export interface SportsQuery {
  readonly tool?: OpenString<"sports"> | undefined;
  readonly fn: OpenString<"schedule" | "standings">;
  readonly league: OpenString<"nba" | "wnba" | "nfl" | "nhl" | "mlb" | "epl" | "ncaamb" | "ncaawb" | "ipl">;
  readonly team?: string | undefined;
  readonly opponent?: string | undefined;
  /** `YYYY-MM-DD`, as is `date_to`. */
  readonly date_from?: string | undefined;
  readonly date_to?: string | undefined;
  readonly num_games?: number | undefined;
  readonly locale?: string | undefined;
}

/** Settings of the web search, in wire names. An unset field keeps the service's default. */
export interface SearchSettings {
  readonly user_location?:
    | {
        readonly type: OpenString<"approximate">;
        readonly country?: string | undefined;
        readonly region?: string | undefined;
        readonly city?: string | undefined;
        readonly timezone?: string | undefined;
      }
    | undefined;
  readonly search_context_size?: OpenString<"low" | "medium" | "high"> | undefined;
  readonly filters?:
    | {
        readonly allowed_domains?: readonly string[] | undefined;
        readonly blocked_domains?: readonly string[] | undefined;
      }
    | undefined;
  readonly image_settings?:
    | { readonly max_results?: number | undefined; readonly caption?: boolean | undefined }
    | undefined;
  readonly allowed_callers?: readonly OpenString<"direct" | "shell" | "code_interpreter">[] | undefined;
  readonly external_web_access?: boolean | undefined;
  readonly index_gated_web_access?: boolean | undefined;
}

/** Body of `POST alpha/search`, in wire names. Fields that are not listed here are sent unchanged, after the others. */
export interface SearchRequest {
  /** Id of the search session; references in a session's answers can be opened in the same session. */
  readonly id: string;
  readonly model: string;
  readonly reasoning?: ReasoningParam | null | undefined;
  readonly input?: RequestInput | null | undefined;
  readonly commands?: SearchCommands | null | undefined;
  readonly settings?: SearchSettings | null | undefined;
  readonly max_output_tokens?: number | null | undefined;
  readonly [field: string]: unknown;
}

export interface SearchResponse {
  readonly output: string;
  /** The same in encrypted form, to be passed on to the model. */
  readonly encrypted_output?: string;
}

/** `POST {baseUrl}/alpha/search`: the service's web search on its own. The Rust client of March 2026 has no such call. */
export class SearchClient extends ServiceClient {
  /** @throws The kinds of `docs/errors.md`; {@link ProtocolError} `failed to decode search response: …`. */
  async search(request: SearchRequest, options: UnaryOptions = {}): Promise<SearchResponse> {
    const response = await this.service.execute(unaryCall("alpha/search", encodeSearchRequest(request), options));
    return decodeSearchResponse(readAnswer(response, "failed to decode search response"));
  }
}

/** @throws {@link BuildError} `id` or `model` is missing, or an item has no `type`. */
function encodeSearchRequest(request: SearchRequest): JsonObject {
  object("the request of search()", request, "an object with id and model");
  const { id, model, reasoning, input, commands, settings, max_output_tokens, ...further } = request;
  present("id", id, "name the search session");
  checkModel(model);
  return {
    id,
    model,
    ...(reasoning ? { reasoning } : {}),
    // A text is sent as a text here: the endpoint accepts both forms.
    ...(input === undefined || input === null
      ? {}
      : { input: typeof input === "string" ? input : encodeRequestInput(input) }),
    ...(commands ? { commands } : {}),
    ...(settings ? { settings } : {}),
    ...(max_output_tokens === undefined || max_output_tokens === null ? {} : { max_output_tokens }),
    ...further,
  };
}

/** @throws {@link ProtocolError} */
function decodeSearchResponse(answer: AnswerReader): SearchResponse {
  const { encrypted_output: _mayBeNull, ...fields } = answer.fields;
  const encrypted = answer.optionalText("encrypted_output");
  return {
    ...fields,
    output: answer.text("output"),
    ...(encrypted === undefined ? {} : { encrypted_output: encrypted }),
  };
}
