import type { AnswerReader } from "../../wire/answer-reader.ts";

/** Beginning of messages about an answer that cannot be read. */
export const FILE_FAILURE = "failed to decode file response";

export interface RegisteredFile {
  readonly fileId: string;
  readonly uploadUrl: string;
}

/** @throws {@link ProtocolError} */
export function decodeRegisteredFile(answer: AnswerReader, registeredAt: string): RegisteredFile {
  const registered = { fileId: answer.text("file_id"), uploadUrl: answer.text("upload_url") };
  if (/^https?:\/\//i.test(registered.uploadUrl) && URL.canParse(registered.uploadUrl)) {
    // As with a redirect from https to http, the file would be sent unencrypted.
    if (!/^https:/i.test(registeredAt) || /^https:/i.test(registered.uploadUrl)) return registered;
    throw answer.undecodable(
      "upload_url begins with http://, and a file is not sent unencrypted to a service that uses https",
    );
  }
  throw answer.undecodable("upload_url is not an HTTP URL");
}

/** How far the service is with an uploaded file. */
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

/** A file of the public API in the wire format; fields that are not listed here are included too. */
export interface FileObject {
  /** `file-…` */
  readonly id: string;
  readonly bytes?: number;
  /** Time of creation in Unix seconds; `expires_at` is too. */
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
