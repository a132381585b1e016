import { type HeaderInit, isSendableHeaderValue } from "../../client/headers.ts";
import type { TraceContext } from "../../client/observe/trace-context.ts";
import { knownOptions } from "../../client/options.ts";
import { header } from "../headers.ts";
import type { SessionHeaderNames } from "../provider.ts";
import type { EndpointCall } from "./call.ts";

/** Options of every call. */
export interface UnaryOptions {
  /** Further headers; they overwrite the provider's and the identity's, and the credentials overwrite them. None by default. */
  readonly headers?: HeaderInit | undefined;
  /** Ends the call at once, with an `aborted` error; also during a delay between retries. */
  readonly signal?: AbortSignal | undefined;
  /** W3C trace context of the caller's span. None by default. */
  readonly traceContext?: TraceContext | undefined;
}

/** The kind of agent that makes the call; any other label is sent unchanged. A main session has none. */
export type SessionSource = "review" | "compact" | "memory_consolidation" | "collab_spawn" | (string & {});

/** Which conversation a call belongs to, sent as headers. */
export interface ConversationOptions {
  /** Sent as `x-client-request-id` and as session id, under the provider's header names (`sessionHeaders`). Not sent by default. */
  readonly conversationId?: string | undefined;
  /** Sent as `x-openai-subagent`, only over HTTP, as in the Rust client. Not sent by default. */
  readonly sessionSource?: SessionSource | undefined;
  /** Sent if it has a value, else filled in from the answer. By default nothing is sent or kept. */
  readonly turnState?: TurnState | undefined;
  /**
   * JSON about the turn, as a text or object. Sent as the header `x-codex-turn-metadata`, unless it is not ASCII, and on a WebSocket also
   * in `client_metadata`, because an open connection sends no headers. None by default.
   */
  readonly turnMetadata?: string | object | undefined;
}

/** For option checks that extend this one. */
export const UNARY_NAMES = { headers: true, signal: true, traceContext: true } as const;
/** For option checks that extend this one. */
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
 * @param names - Default `underscore`, like the Rust client of March 2026; later ones send `session-id` and `thread-id`.
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
    // Silently left out if it cannot be sent in a header, as in the Rust client: a non-ASCII folder name is enough.
    [header.turnMetadata]: metadata !== undefined && isSendableHeaderValue(metadata) ? metadata : undefined,
  };
}

/** A turn's metadata as JSON text; an object is serialized. */
export function turnMetadataText(metadata: string | object | undefined): string | undefined {
  return typeof metadata === "object" ? JSON.stringify(metadata) : metadata;
}

/**
 * An endpoint call that is answered by one body.
 *
 * @param json - Undefined for a call without a body, or with another kind of body.
 * @param check - For options that extend those of every call.
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
 * request of the same turn. Use a new object for each turn.
 */
export class TurnState {
  #value: string | undefined;

  get value(): string | undefined {
    return this.#value;
  }

  /** The first value wins; later ones are ignored, as in the Rust client, and so is a value that cannot be sent in a header. */
  set(value: string | undefined): void {
    if (value !== undefined && isSendableHeaderValue(value)) this.#value ??= value;
  }
}
