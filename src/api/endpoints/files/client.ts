import { BuildError, TimeoutError } from "../../../client/failure/kinds.ts";
import { knownOptions } from "../../../client/options.ts";
import { InvalidRequestError } from "../../refusal/kinds.ts";
import type { Answer } from "../../service/answer.ts";
import { readAnswer } from "../../service/answer.ts";
import { UNARY_NAMES, type UnaryOptions, unaryCall } from "../../service/call-options.ts";
import { ServiceClient } from "../../service/client.ts";
import { decodeFileStatus, decodeRegisteredFile, type FileStatus, type RegisteredFile } from "./answers.ts";
import { countedBytes, type FileSource, type SizedFile, sizeUp } from "./source.ts";

export interface UploadProgress {
  /** Handed to the connection so far; it begins anew when a send is repeated. */
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface UploadOptions extends UnaryOptions {
  /** Called as parts go out. What it throws ends the upload. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
}

export interface UploadedFile {
  readonly fileId: string;
  /** `sediment://{fileId}`: how a request names the file. */
  readonly uri: string;
  /** The service's name for it, else the one that was given. */
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly downloadUrl?: string | undefined;
  readonly mimeType?: string | undefined;
}

const OPTIONS = knownOptions<UploadOptions>("the options of an upload", { ...UNARY_NAMES, onProgress: true });

/** Largest file that the service takes: 512 MiB. */
export const UPLOAD_LIMIT_BYTES = 512 * 1024 * 1024;

const FILE_FAILURE = "failed to decode file response";
const REQUEST_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 30_000;
const POLL_DELAY_MS = 250;

/** Uploads files to the ChatGPT backend, to be named in requests. Later than the reference of March 2026. */
export class FilesClient extends ServiceClient {
  /** Files live beside the Codex part of the ChatGPT backend, not in it. */
  get #baseUrl(): string {
    return this.service.provider.baseUrl.replace(/(\/backend-api)\/codex\/*$/, "$1");
  }

  /**
   * Uploads one file: registers it, sends its bytes to the address that the service gives (without credentials) and waits until the service
   * has it, at most 30 s. Memory stays flat, whatever its size.
   *
   * Each request has 60 s, or what is left of the 30, the upload itself 60 s without progress (parity: `files/slow-upload`).
   *
   * @throws The kinds of `docs/errors.md`. {@link BuildError}: the file cannot be read, or has more than 512 MiB.
   *   {@link TimeoutError}: not ready in time. {@link InvalidRequestError}: the service could not take it; the message says why.
   * @see codex-api/src/files.rs `upload_openai_file`.
   */
  async upload(source: FileSource, options: UploadOptions = {}): Promise<UploadedFile> {
    OPTIONS(options);
    const file = await sizeUp(source);
    if (file.sizeBytes > UPLOAD_LIMIT_BYTES) {
      throw new BuildError(
        `file ${JSON.stringify(file.name)} is too large: ${file.sizeBytes} bytes exceeds the limit of ${UPLOAD_LIMIT_BYTES} bytes`,
      );
    }
    const registered = await this.#register(file, options);
    await this.#send(file, registered, options);
    const { fileId } = registered;
    const { fileName, downloadUrl, mimeType } = await this.#whenReady(fileId, options);
    return {
      fileId,
      uri: `sediment://${fileId}`,
      fileName: fileName ?? file.name,
      sizeBytes: file.sizeBytes,
      downloadUrl,
      mimeType,
    };
  }

  async #register(file: SizedFile, options: UploadOptions): Promise<RegisteredFile> {
    const json = { file_name: file.name, file_size: file.sizeBytes, use_case: "codex" };
    const response = await this.#post("files", json, options);
    return decodeRegisteredFile(readAnswer(response, FILE_FAILURE), response.url);
  }

  async #send(file: SizedFile, { uploadUrl }: RegisteredFile, { onProgress, signal }: UploadOptions): Promise<void> {
    const totalBytes = file.sizeBytes;
    await this.service.execute({
      method: "PUT",
      url: uploadUrl,
      headers: { "x-ms-blob-type": "BlockBlob" },
      raw: {
        sizeBytes: totalBytes,
        open: () => countedBytes(file, (sentBytes) => onProgress?.({ sentBytes, totalBytes })),
      },
      headersMs: REQUEST_TIMEOUT_MS,
      signal,
    });
  }

  async #whenReady(fileId: string, options: UploadOptions): Promise<FileStatus> {
    const { clock } = this.service.line.timing;
    const path = `files/${encodeURIComponent(fileId)}/uploaded`;
    const endsAtMs = clock.now() + READY_TIMEOUT_MS;
    const notReady = () =>
      new TimeoutError(`file ${fileId} is uploaded but not ready after ${READY_TIMEOUT_MS} ms; upload it again`, {
        phase: "idle",
        timeoutMs: READY_TIMEOUT_MS,
      });
    for (let leftMs = READY_TIMEOUT_MS; leftMs > 0; leftMs = endsAtMs - clock.now()) {
      const response = await this.#post(path, {}, options, leftMs).catch((error: unknown) => {
        throw error instanceof TimeoutError && error.timeoutMs === leftMs ? notReady() : error;
      });
      const status = decodeFileStatus(readAnswer(response, FILE_FAILURE));
      if (status.status === "success") return status;
      if (status.status !== "retry") {
        const why = status.errorMessage ?? `the service says ${JSON.stringify(status.status)}`;
        throw new InvalidRequestError(`the upload of file ${fileId} failed: ${response.blank(why)}`);
      }
      await clock.sleep(POLL_DELAY_MS, options.signal);
    }
    throw notReady();
  }

  #post(path: string, json: object, options: UploadOptions, callMs?: number): Promise<Answer> {
    const call = unaryCall(path, json, options, OPTIONS);
    const endpoint = path === "files" ? path : "files/uploaded";
    return this.service.execute({ ...call, endpoint, baseUrl: this.#baseUrl, totalMs: REQUEST_TIMEOUT_MS, callMs });
  }
}
