import type { AnswerReader } from "../../wire/answer-reader.ts";

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
