import { type HeaderInit, isSendableHeaderValue } from "../../client/headers.ts";
import type { TraceContext } from "../../client/observe/trace-context.ts";
import { knownOptions } from "../../client/options.ts";
import { header } from "../headers.ts";
import type { SessionHeaderNames } from "../provider.ts";
import type { EndpointCall } from "./call.ts";

/** What every call takes. */
export interface UnaryOptions {
  /** Further headers; they overwrite the provider's and the identity's, and the credentials overwrite them. */
  readonly headers?: HeaderInit | undefined;
  /** Ends the call at once, with an `aborted` error; a wait between retries too. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span. */
  readonly traceContext?: TraceContext | undefined;
}

/** What kind of agent asks; a free label is sent as it is. A main session has none. */
export type SessionSource = "review" | "compact" | "memory_consolidation" | "collab_spawn" | (string & {});

/** What says which conversation a call belongs to, as headers. */
export interface ConversationOptions {
  /** Sent as `x-client-request-id` and as session id, under the provider's names for it (`sessionHeaders`). */
  readonly conversationId?: string | undefined;
  /** Sent as `x-openai-subagent`, over HTTP alone, as in the Rust client. */
  readonly sessionSource?: SessionSource | undefined;
  /** Sent when it holds a value, filled from the answer when it does not. */
  readonly turnState?: TurnState | undefined;
  /**
   * JSON about the turn, as text or object: the header `x-codex-turn-metadata`, left out where it is not ASCII, and on a WebSocket also
   * an entry of `client_metadata`, because an open connection sends no headers.
   */
  readonly turnMetadata?: string | object | undefined;
}

/** For the checks of options that extend it. */
export const UNARY_NAMES = { headers: true, signal: true, traceContext: true } as const;
/** For the checks of options that extend it. */
export const CONVERSATION_NAMES = {
  conversationId: true,
  sessionSource: true,
  turnState: true,
  turnMetadata: true,
} as const;

const UNARY = knownOptions<UnaryOptions>("the options of a call", UNARY_NAMES);

/**
 * A conversation as headers.
 *
 * @param names - Default `underscore`, as the Rust client of March 2026 has it; later ones send `session-id` and `thread-id`.
 */
export function conversationHeaders(
  { conversationId, sessionSource, turnState, turnMetadata }: ConversationOptions,
  names: SessionHeaderNames = "underscore",
): HeaderInit {
  const underscore = names === "hyphen" ? undefined : conversationId;
  const hyphen = names === "underscore" ? undefined : conversationId;
  const metadata = turnMetadataText(turnMetadata);
  return {
    [header.clientRequestId]: conversationId,
    [header.sessionIdUnderscore]: underscore,
    [header.sessionId]: hyphen,
    [header.threadId]: hyphen,
    [header.subagent]: sessionSource,
    [header.turnState]: turnState?.value,
    // Left out, without a word, where a header cannot carry it, as in the Rust client: a folder's name outside ASCII is enough.
    [header.turnMetadata]: metadata !== undefined && isSendableHeaderValue(metadata) ? metadata : undefined,
  };
}

/** A turn's metadata as JSON text; an object is written as such. */
export function turnMetadataText(metadata: string | object | undefined): string | undefined {
  return typeof metadata === "object" ? JSON.stringify(metadata) : metadata;
}

/**
 * A call of an endpoint that is answered by one body.
 *
 * @param json - Undefined for a call without a body, or with another one.
 * @param check - Of options that hold more than those of every call.
 * @throws {@link BuildError} An option is unknown.
 */
export function unaryCall(
  path: string,
  json: unknown,
  options: UnaryOptions,
  check = UNARY,
): EndpointCall & { readonly path: string } {
  check(options);
  const { headers, signal, traceContext } = options;
  return { method: "POST", path, json, headers, signal, traceContext };
}

/**
 * The sticky-routing token of a turn (`x-codex-turn-state`): set once, by the first answer that carries it, and sent with every later
 * request of the same turn. Use a new one for each turn.
 */
export class TurnState {
  #value: string | undefined;

  get value(): string | undefined {
    return this.#value;
  }

  /** The first value wins; later ones are ignored, as in the Rust client, and so is one that no header could carry back. */
  set(value: string | undefined): void {
    if (value !== undefined && isSendableHeaderValue(value)) this.#value ??= value;
  }
}
