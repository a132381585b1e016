import type { Failure } from "../../../client/failure/failure.ts";
import { LimitError, StreamError, TimeoutError } from "../../../client/failure/kinds.ts";
import type { WebSocketEnd } from "../../../client/websocket/index.ts";
import { sentence } from "../../refusal/codes.ts";
import { QuotaExceededError } from "../../refusal/kinds.ts";

/** The code for a close frame without one (RFC 6455 §7.1.5). */
const NO_STATUS = 1005;

/** What a gateway says where HTTP says 402 (https://vercel.com/docs/ai-gateway/sdks-and-apis/responses/websockets). */
const OUT_OF_CREDITS = 4402;

/** The error for a response when its connection ends. Each response gets its own object. */
export function endError(end: Exclude<WebSocketEnd, { by: "us" }>): Failure {
  switch (end.by) {
    case "peer": {
      if (end.code === OUT_OF_CREDITS)
        return new QuotaExceededError(
          `${sentence(end.reason || undefined, "The account is out of credits.")} Add credits, and send the request again.`,
          { code: String(end.code), status: 402 },
        );
      const why = `${end.code === NO_STATUS ? "no code" : `code ${end.code}`}${end.reason && `: ${end.reason}`}`;
      return new StreamError(`websocket closed by server before response.completed (${why})`);
    }
    case "network": {
      const { error } = end;
      if (error instanceof LimitError) {
        const { message, what, limit, unit } = error;
        return new LimitError(message, { what, limit, unit, cause: error });
      }
      const why = error ? ` (${error.message})` : "";
      return new StreamError(`stream closed before response.completed${why}`, {
        code: (error as NodeJS.ErrnoException | undefined)?.code,
        cause: error,
      });
    }
    case "silence": {
      const { timeoutMs } = end;
      return new TimeoutError("the connection is dead: not even a pong arrived", { phase: "idle", timeoutMs });
    }
  }
}
