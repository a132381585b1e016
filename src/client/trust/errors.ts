import { CodexApiError } from "../errors.ts";

export interface CaErrorFields {
  /** The variable that chose the file; absent when the program did. */
  readonly sourceEnv?: string | undefined;
  /** The file, as written in the variable or option; absent for PEM text. */
  readonly path?: string | undefined;
  /** Which CERTIFICATE section of the file, from 1, as in the message. */
  readonly certificateIndex?: number | undefined;
  /** Code of the operating system (`ENOENT`, `EACCES`, …) or of OpenSSL. */
  readonly code?: string | undefined;
}

/** A CA bundle that cannot be used. It is thrown when a client is built; the bundle is never left out silently. */
export abstract class CaError extends CodexApiError {
  readonly sourceEnv: string | undefined;
  readonly path: string | undefined;
  readonly certificateIndex: number | undefined;
  readonly code: string | undefined;

  constructor(message: string, fields: CaErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.sourceEnv = fields.sourceEnv;
    this.path = fields.path;
    this.certificateIndex = fields.certificateIndex;
    this.code = fields.code;
  }
}

/** The file cannot be read: it is missing, forbidden, a directory, no regular file, or too large. */
export class CaReadError extends CaError {
  override get name(): string {
    return "CaReadError";
  }
  readonly kind = "ca_read";
}

/** The file was read, but it is no PEM file or holds no certificate. */
export class CaInvalidError extends CaError {
  override get name(): string {
    return "CaInvalidError";
  }
  readonly kind = "ca_invalid";
}

/** A section of the file is no certificate that TLS takes; `certificateIndex` says which. The whole bundle is refused, as in the reference. */
export class CaRejectedError extends CaError {
  override get name(): string {
    return "CaRejectedError";
  }
  readonly kind = "ca_rejected";
}
