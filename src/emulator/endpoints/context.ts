import type { AgreedSessions } from "../realtime/agreed-sessions.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import type { Archive } from "../responses/kept/archive.ts";
import type { Conversations } from "../responses/kept/conversations.ts";
import type { ParseOptions, ResponsesRequest } from "../responses/request.ts";

/** What the endpoints share. */
export interface EndpointContext {
  readonly identifiers: Identifiers;
  readonly archive: Archive;
  readonly conversations: Conversations;
  readonly agreedSessions: AgreedSessions;
  readonly options: { readonly models?: readonly string[] | undefined };
  /** Checks a body as a request for a response. @throws {@link ServiceError} 400 */
  readonly parse: (body: unknown, options?: Pick<ParseOptions, "mayLackInput">) => ResponsesRequest;
}
