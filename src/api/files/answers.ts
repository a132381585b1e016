import { StreamError } from "../../client/errors.ts";
import { invalidType, missingField } from "../wire/decode-failure.ts";
import { isJsonObject, type JsonObject } from "../wire/json.ts";

export const FILE_FAILURE = "failed to decode file response";

export interface RegisteredFile {
  readonly fileId: string;
  readonly uploadUrl: string;
}

/** @throws {@link StreamError} */
export function decodeRegisteredFile(answer: unknown): RegisteredFile {
  const fields = asObject(answer);
  const registered = { fileId: textField(fields, "file_id"), uploadUrl: textField(fields, "upload_url") };
  if (/^https?:\/\//i.test(registered.uploadUrl) && URL.canParse(registered.uploadUrl)) return registered;
  throw new StreamError(`${FILE_FAILURE}: upload_url is no HTTP URL`);
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

/** @throws {@link StreamError} */
export function decodeFileStatus(answer: unknown): FileStatus {
  const fields = asObject(answer);
  return {
    status: textField(fields, "status"),
    downloadUrl: optionalText(fields, "download_url"),
    fileName: optionalText(fields, "file_name"),
    mimeType: optionalText(fields, "mime_type"),
    errorMessage: optionalText(fields, "error_message"),
  };
}

function asObject(answer: unknown): JsonObject {
  if (isJsonObject(answer)) return answer;
  throw new StreamError(`${FILE_FAILURE}: ${invalidType(answer, "a JSON object")}`);
}

function textField(fields: JsonObject, name: string): string {
  const value = optionalText(fields, name);
  if (value === undefined) throw new StreamError(`${FILE_FAILURE}: ${missingField(name)}`);
  return value;
}

function optionalText(fields: JsonObject, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new StreamError(`${FILE_FAILURE}: ${name}: ${invalidType(value, "a string")}`);
}
