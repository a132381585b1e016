import type { AnswerReader } from "../../wire/answer-reader.ts";

/** What messages about an answer that cannot be read begin with. */
export const FILE_FAILURE = "failed to decode file response";

export interface RegisteredFile {
  readonly fileId: string;
  readonly uploadUrl: string;
}

/** @throws {@link ProtocolError} */
export function decodeRegisteredFile(answer: AnswerReader, registeredAt: string): RegisteredFile {
  const registered = { fileId: answer.text("file_id"), uploadUrl: answer.text("upload_url") };
  if (/^https?:\/\//i.test(registered.uploadUrl) && URL.canParse(registered.uploadUrl)) {
    // As a redirect from https to http: the file would cross the network in clear.
    if (!/^https:/i.test(registeredAt) || /^https:/i.test(registered.uploadUrl)) return registered;
    throw answer.undecodable(
      "upload_url begins with http://, and a file is not sent in clear where the service is reached by https",
    );
  }
  throw answer.undecodable("upload_url is no HTTP URL");
}

/** How far the service is with a file that was uploaded. */
export interface FileStatus {
  /** `success`, `retry` (not yet), or a failure. */
  readonly status: string;
  readonly downloadUrl?: string | undefined;
  readonly fileName?: string | undefined;
  readonly mimeType?: string | undefined;
  readonly errorMessage?: string | undefined;
}

/** @throws {@link ProtocolError} */
export function decodeFileStatus(answer: AnswerReader): FileStatus {
  return {
    status: answer.text("status"),
    downloadUrl: answer.optionalText("download_url"),
    fileName: answer.optionalText("file_name"),
    mimeType: answer.optionalText("mime_type"),
    errorMessage: answer.optionalText("error_message"),
  };
}

/** A file of the public API in the wire's shape; what is not listed here is in it as well. */
export interface FileObject {
  /** `file-…` */
  readonly id: string;
  readonly bytes?: number;
  /** Unix seconds, as is `expires_at`. */
  readonly created_at?: number;
  readonly expires_at?: number | null;
  readonly filename?: string;
  readonly object?: "file";
  readonly purpose?: string;
  readonly status?: string;
  readonly status_details?: string | null;
  readonly [field: string]: unknown;
}

/** @throws {@link ProtocolError} It has no id. */
export function decodeFileObject(answer: AnswerReader): FileObject {
  return { ...answer.fields, id: answer.text("id") };
}
