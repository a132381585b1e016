import { BoundedMap } from "../bounded-map.ts";
import type { StepAnswer } from "../delivery/script.ts";
import { type Fields, isFields } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { required } from "../responses/request.ts";
import { ServiceError } from "../service-error.ts";
import { missing } from "../validation/faults.ts";
import { filesIn, formIn, isForm } from "./form.ts";
import { pageOf } from "./stored/page.ts";

interface ShelvedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly signature: string;
  /** Number of bytes uploaded; the bytes are not kept. */
  uploadedBytes?: number;
}

/** A file of the public API, uploaded in one form. */
interface StoredFile {
  readonly object: Fields;
  readonly content: Uint8Array;
}

const KEPT_FILES = 100;
const KEPT_BYTES = 256 * 1024 * 1024;
const LIST_LIMITS = { most: 10_000, usual: 10_000 };

/**
 * Files of the public API, uploaded as a form, and of the backend, uploaded in three steps: register, upload to a signed address, confirm.
 */
export class FileShelf {
  readonly #files = new BoundedMap<string, ShelvedFile>(KEPT_FILES);
  readonly #stored = new BoundedMap<string, StoredFile>(KEPT_FILES, {
    most: KEPT_BYTES,
    sizeOf: ({ content }) => content.length,
  });
  readonly #identifiers: Identifiers;

  constructor(identifiers: Identifiers) {
    this.#identifiers = identifiers;
  }

  /** `POST /files` in either form. @throws {@link ServiceError} 400 */
  async create(request: RecordedRequest, origin: string, nowSeconds: number): Promise<Fields> {
    if (isForm(request)) return this.#store(await formIn(request), nowSeconds);
    const { json } = request;
    if (!isFields(json)) throw new ServiceError(400, { message: "We could not parse the JSON body of your request." });
    return this.#register(json, origin);
  }

  list(query: URLSearchParams): Fields {
    const purpose = query.get("purpose");
    const all = Array.from(this.#stored.values(), ({ object }) => object);
    return pageOf(purpose === null ? all : all.filter((file) => file.purpose === purpose), query, LIST_LIMITS);
  }

  /** @throws {@link ServiceError} 404 */
  describe(id: string): Fields {
    return this.#find(id).object;
  }

  /** @throws {@link ServiceError} 404 */
  content(id: string): Uint8Array {
    return this.#find(id).content;
  }

  /** @throws {@link ServiceError} 404 */
  remove(id: string): Fields {
    this.#find(id);
    this.#stored.delete(id);
    return { id, object: "file", deleted: true };
  }

  #find(id: string): StoredFile {
    const found = this.#stored.get(id);
    if (!found)
      throw new ServiceError(404, { message: `No such File object: ${id}`, param: "id", code: "file_not_found" });
    return found;
  }

  async #store(form: FormData, nowSeconds: number): Promise<Fields> {
    const [file] = filesIn(form, "file");
    const purpose = form.get("purpose");
    if (!file) throw missing("file");
    if (typeof purpose !== "string") throw missing("purpose");
    const id = this.#identifiers.next("file").replace("_", "-");
    const object = {
      id,
      object: "file",
      bytes: file.size,
      created_at: nowSeconds,
      expires_at: null,
      filename: file.name,
      purpose,
      status: "processed",
      status_details: null,
    };
    this.#stored.set(id, { object, content: new Uint8Array(await file.arrayBuffer()) });
    return object;
  }

  #register(body: Fields, origin: string): Fields {
    const name = required(body, "file_name");
    required(body, "use_case");
    const { file_size: sizeBytes } = body;
    if (!Number.isSafeInteger(sizeBytes)) throw missing("file_size");
    const fileId = this.#identifiers.next("file");
    const signature = this.#identifiers.next("sig");
    this.#files.set(fileId, { name, sizeBytes: Number(sizeBytes), signature });
    return { status: "success", file_id: fileId, upload_url: `${origin}/upload/${fileId}?sig=${signature}` };
  }

  /** Answers like a blob store: only the signature is checked, and a bearer token would be a second credential. */
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
