import type { Fields } from "./fields.ts";

export interface ServiceErrorDetails {
  readonly message: string;
  /** Default `invalid_request_error`. */
  readonly type?: string;
  readonly param?: string;
  /** Default: as `type`. Clients branch on it, so it is never null. */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that the emulated service refuses: an HTTP status, or an `error` frame on a WebSocket. */
export class ServiceError extends Error {
  override get name(): string {
    return "ServiceError";
  }
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The object under `error`, in the service's format. */
  readonly error: Fields;

  constructor(status: number, details: ServiceErrorDetails) {
    super(details.message);
    this.status = status;
    this.headers = details.headers ?? {};
    this.error = {
      message: details.message,
      type: details.type ?? "invalid_request_error",
      param: details.param ?? null,
      code: details.code ?? details.type ?? "invalid_request_error",
    };
  }

  /** The same refusal in the format of a WebSocket frame. */
  toFrame(streamId?: string): Fields {
    const headers = Object.keys(this.headers).length > 0 ? { headers: this.headers } : {};
    const lane = streamId === undefined ? {} : { stream_id: streamId };
    return { type: "error", status: this.status, error: this.error, ...headers, ...lane };
  }
}
