import type { Blank } from "../../client/redact.ts";
import type { HttpResponse, HttpStreamResponse } from "../../client/transport.ts";

/** An answer as the clients of endpoints get it. */
export type Answer<Received extends HttpResponse | HttpStreamResponse = HttpResponse> = Received & {
  /** Blanks the credentials that the call went out with in a text of the answer, for messages. */
  readonly blank: Blank;
};
