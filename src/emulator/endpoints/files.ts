import type { Fields } from "../fields.ts";
import type { RecordedRequest } from "../recording.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { required } from "../responses/request.ts";
import type { StepAnswer } from "../script.ts";
import { ServiceError } from "../service-error.ts";

interface ShelvedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly signature: string;
  /** Of the bytes that were uploaded; they themselves are not kept. */
  uploadedBytes?: number;
}

/** The three steps of an upload: register, upload to a signed address, tell that it is done. */
export class FileShelf {
  readonly #files = new Map<string, ShelvedFile>();

  /** @throws {@link ServiceError} 400 */
  register(body: Fields, identifiers: Identifiers, origin: string): Fields {
    const name = required(body, "file_name");
    required(body, "use_case");
    const { file_size: sizeBytes } = body;
    if (!Number.isSafeInteger(sizeBytes)) {
      throw new ServiceError(400, { message: "Missing required parameter: 'file_size'.", param: "file_size" });
    }
    const fileId = identifiers.next("file");
    const signature = identifiers.next("sig");
    this.#files.set(fileId, { name, sizeBytes: Number(sizeBytes), signature });
    return { status: "success", file_id: fileId, upload_url: `${origin}/upload/${fileId}?sig=${signature}` };
  }

  /** As a blob store answers: the signature is all it asks for, and a bearer token is one credential too many. */
  upload(fileId: string, signature: string | null, { headers, wireBytes }: RecordedRequest): StepAnswer {
    const file = this.#files.get(fileId);
    if (!file || file.signature !== signature) return refusal(403, "AuthenticationFailed");
    if (headers.authorization !== undefined) return refusal(400, "InvalidAuthenticationInfo");
    if (headers["x-ms-blob-type"] !== "BlockBlob") return refusal(400, "MissingRequiredHeader");
    file.uploadedBytes = wireBytes;
    return { status: 201 };
  }

  /** @throws {@link ServiceError} 404 */
  uploaded(fileId: string, origin: string): Fields {
    const file = this.#files.get(fileId);
    if (!file) throw new ServiceError(404, { message: `File '${fileId}' not found.`, code: "file_not_found" });
    if (file.uploadedBytes !== file.sizeBytes) {
      const found = file.uploadedBytes ?? "no";
      return { status: "error", error_message: `expected ${file.sizeBytes} bytes, found ${found}` };
    }
    return {
      status: "success",
      download_url: `${origin}/download/${fileId}`,
      file_name: file.name,
      mime_type: "application/octet-stream",
      file_size_bytes: file.sizeBytes,
    };
  }
}

function refusal(status: number, code: string): StepAnswer {
  return {
    status,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`,
  };
}
