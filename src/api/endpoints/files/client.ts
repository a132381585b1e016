import { BuildError } from "../../../client/failure/kinds.ts";
import { count, knownOptions, milliseconds, oneOf, present } from "../../../client/options.ts";
import { entriesOf, pagesOf } from "../../pages.ts";
import { isChatgptBackend } from "../../provider.ts";
import { checkDone, readAnswer } from "../../service/answer.ts";
import type { EndpointCall } from "../../service/call.ts";
import { UNARY_NAMES, type UnaryOptions, unaryCall } from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import type { OpenString } from "../../wire/items.ts";
import { type FormPart, formBody } from "../form.ts";
import { decodeFileObject, FILE_FAILURE, type FileObject } from "./answers.ts";
import { BackendUpload } from "./backend.ts";
import { type FileSource, type SizedFile, sizeUp } from "./source.ts";

export interface UploadProgress {
  /** Bytes passed to the connection so far; starts again at 0 when the file is sent again. */
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export type FilePurpose = OpenString<"assistants" | "batch" | "fine-tune" | "vision" | "user_data" | "evals">;

export interface UploadOptions extends UnaryOptions {
  /** Called as parts are sent. An error that it throws ends the upload. Not called by default. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** What the file is for; only in the public API. @default `"user_data"`: input for a model */
  readonly purpose?: FilePurpose | undefined;
  /** After how many milliseconds the service deletes the file; only in the public API. Usually never by default. */
  readonly expiresAfterMs?: number | undefined;
}

export interface UploadedFile {
  readonly fileId: string;
  /** `sediment://{fileId}`, which requests to the ChatGPT backend use to refer to the file; requests to the public API use its id. */
  readonly uri?: string | undefined;
  /** The service's name for the file, else the given name. */
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly downloadUrl?: string | undefined;
  readonly mimeType?: string | undefined;
}

export interface FileListOptions extends UnaryOptions {
  /** `desc`: the newest first. @default `"desc"` */
  readonly order?: "asc" | "desc" | undefined;
  /** Only files with this purpose. By default all. */
  readonly purpose?: string | undefined;
  /** Begin after the file with this id. By default at the beginning. */
  readonly after?: string | undefined;
  /** Files per page, 1 to 10 000. @default the service's */
  readonly pageSize?: number | undefined;
}

const UPLOAD = knownOptions<UploadOptions>("the options of an upload", {
  ...UNARY_NAMES,
  onProgress: true,
  purpose: true,
  expiresAfterMs: true,
});
const LIST = knownOptions<FileListOptions>("the options of a list of files", {
  ...UNARY_NAMES,
  order: true,
  purpose: true,
  after: true,
  pageSize: true,
});

/** The largest file that the service accepts: 512 MiB. */
export const UPLOAD_LIMIT_BYTES = 512 * 1024 * 1024;

/**
 * Uploads files, so that requests can refer to them, and manages uploaded files. The ChatGPT backend has an upload protocol of its own, and
 * supports only uploads; all other providers are treated as the public API (`POST {baseUrl}/files`, as a form). The Rust client of March
 * 2026 has only uploads to the ChatGPT backend.
 */
export class FilesClient extends ServiceClient {
  /**
   * Uploads one file. It is streamed, so its size does not affect memory; for a retry it is read again.
   *
   * For the ChatGPT backend it registers the file, sends it to the address that the service returns (without credentials) and waits up to
   * 30 s until the file is ready. Each request may take 60 s, or the rest of the 30 s; the upload itself may go 60 s without progress
   * (parity: `files/slow-upload`).
   *
   * @throws The kinds of `docs/errors.md`. {@link BuildError}: the file cannot be read, or has more than 512 MiB.
   *   {@link TimeoutError}: not ready in time. {@link InvalidRequestError}: the service could not take it; the message says why.
   * @see codex-api/src/files.rs `upload_openai_file`.
   * @example
   * ```ts
   * const { fileId } = await api.files.upload({ path: "plan.pdf" });
   * await api.responses.create({ model: "gpt-5-mini", input: [userMessage([inputFile({ fileId })])] });
   * ```
   */
  async upload(source: FileSource, options: UploadOptions = {}): Promise<UploadedFile> {
    UPLOAD(options);
    const { onProgress, purpose, expiresAfterMs } = options;
    const isBackend = isChatgptBackend(this.service.provider);
    if (isBackend && (purpose !== undefined || expiresAfterMs !== undefined)) {
      throw new BuildError(
        "purpose and expiresAfterMs belong to the public files API: the ChatGPT backend accepts neither",
      );
    }
    const file = await sizeUp(source, options.signal);
    const totalBytes = file.sizeBytes;
    if (totalBytes > UPLOAD_LIMIT_BYTES) {
      throw new BuildError(
        `file ${JSON.stringify(file.name)} is too large: ${totalBytes} bytes exceeds the limit of ${UPLOAD_LIMIT_BYTES} bytes`,
      );
    }
    const onBytes = (sentBytes: number): void => onProgress?.({ sentBytes, totalBytes });
    if (!isBackend) return this.#sendForm(file, options, onBytes);
    const { fileId, fileName, downloadUrl, mimeType } = await new BackendUpload(this.service, options).send(
      file,
      onBytes,
    );
    return {
      fileId,
      uri: `sediment://${fileId}`,
      fileName: fileName ?? file.name,
      sizeBytes: totalBytes,
      downloadUrl,
      mimeType,
    };
  }

  /**
   * The metadata of a file. Only in the public API. @throws The kinds of `docs/errors.md`; `http` with status 404 if there is no such file.
   */
  async retrieve(fileId: string, options: UnaryOptions = {}): Promise<FileObject> {
    const answer = await this.service.execute(this.#callOf("GET", fileId, "", options));
    return decodeFileObject(readAnswer(answer, FILE_FAILURE));
  }

  /**
   * The bytes of a file, up to the transport's limit: 64 MiB by default. Only in the public API.
   *
   * @throws The kinds of `docs/errors.md`. {@link LimitError} The file is larger.
   */
  async content(fileId: string, options: UnaryOptions = {}): Promise<Uint8Array> {
    return (await this.service.execute(this.#callOf("GET", fileId, "/content", options))).body;
  }

  /** Deletes a file. Only in the public API. @throws The kinds of `docs/errors.md`; `http` with status 404 if there is no such file. */
  async delete(fileId: string, options: UnaryOptions = {}): Promise<void> {
    checkDone(await this.service.execute(this.#callOf("DELETE", fileId, "", options)), FILE_FAILURE);
  }

  /**
   * The uploaded files, fetched a page at a time while they are read: leaving the loop early requests no further page. Only in the public
   * API.
   *
   * @throws {@link BuildError} At once, for an invalid option. While reading: the kinds of `docs/errors.md`.
   *
   * @example
   * ```ts
   * for await (const file of api.files.list({ purpose: "batch" })) console.log(file.id, file.filename);
   * ```
   */
  list(options: FileListOptions = {}): AsyncGenerator<FileObject, undefined> {
    LIST(options);
    this.#checkPublic();
    const { order = "desc", purpose, after, pageSize, headers, signal, traceContext } = options;
    oneOf("order", order, ["asc", "desc"]);
    const limit = pageSize === undefined ? undefined : String(count("pageSize", pageSize));
    const call = { ...unaryCall("files", undefined, { headers, signal, traceContext }), method: "GET" } as const;
    const { service } = this;
    const pages = pagesOf(
      async (from) => {
        const query = { order, ...(purpose && { purpose }), ...(limit && { limit }), ...(from && { after: from }) };
        const reader = readAnswer(await service.execute({ ...call, query }), FILE_FAILURE);
        const { entries: page, hasMore } = entriesOf(reader, (entry, place) =>
          decodeFileObject(reader.at(entry, place)),
        );
        return { page, hasMore, lastId: page.at(-1)?.id };
      },
      after,
      FILE_FAILURE,
    );
    return flat(pages);
  }

  async #sendForm(
    file: SizedFile,
    options: UploadOptions,
    onBytes: (sentBytes: number) => void,
  ): Promise<UploadedFile> {
    const { purpose = "user_data", expiresAfterMs, headers, signal, traceContext } = options;
    const parts: FormPart[] = [{ name: "purpose", text: purpose }];
    if (expiresAfterMs !== undefined) {
      const seconds = Math.round(milliseconds("expiresAfterMs", expiresAfterMs) / 1000);
      parts.push({ name: "expires_after[anchor]", text: "created_at" });
      parts.push({ name: "expires_after[seconds]", text: String(seconds) });
    }
    parts.push({ name: "file", file, onBytes });
    const call = unaryCall("files", undefined, { headers, signal, traceContext });
    const answer = await this.service.execute({ ...call, raw: formBody(parts) });
    const { id: fileId, filename } = decodeFileObject(readAnswer(answer, FILE_FAILURE));
    return { fileId, fileName: filename ?? file.name, sizeBytes: file.sizeBytes };
  }

  #callOf(method: "GET" | "DELETE", fileId: string, below: "" | "/content", options: UnaryOptions): EndpointCall {
    this.#checkPublic();
    present("fileId", fileId, "name the file, file-…");
    const call = unaryCall(`files/${encodeURIComponent(fileId)}${below}`, undefined, options);
    return { ...call, method, endpoint: `files/{id}${below}` };
  }

  #checkPublic(): void {
    if (isChatgptBackend(this.service.provider)) {
      throw new BuildError("the ChatGPT backend supports only uploads; use the public API for this");
    }
  }
}

async function* flat<Entry>(pages: AsyncIterable<readonly Entry[]>): AsyncGenerator<Entry, undefined> {
  for await (const page of pages) yield* page;
}
