import type { CallScope } from "../../service/call.ts";
import type { TurnState } from "../../service/call-options.ts";
import type { ResponsesRequest } from "../../wire/requests.ts";
import type { SessionCallOptions } from "../options.ts";

/** What a call gives each of its attempts. */
export interface CallContext {
  readonly request: ResponsesRequest;
  /** The request is already the body to send: nothing is added and its items are not changed. */
  readonly isBody?: boolean | undefined;
  readonly options: SessionCallOptions;
  readonly turnState: TurnState;
  /** Ends the call. Fires with the caller's signal or when the session closes. */
  readonly signal: AbortSignal;
  readonly scope: CallScope;
}
