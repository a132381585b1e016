import { TimeoutError } from "../../../client/failure/kinds.ts";
import { InvalidRequestError } from "../../refusal/kinds.ts";
import type { Answer } from "../../service/answer.ts";
import { readAnswer } from "../../service/answer.ts";
import { type UnaryOptions, unaryCall } from "../../service/call-options.ts";
import type { Service } from "../../service/service.ts";
import {
  decodeFileStatus,
  decodeRegisteredFile,
  FILE_FAILURE,
  type FileStatus,
  type RegisteredFile,
} from "./answers.ts";
import { countedBytes, type SizedFile } from "./source.ts";

const REQUEST_TIMEOUT_MS = 60_000;
const READY_TIMEOUT_MS = 30_000;
const POLL_DELAY_MS = 250;

/** Uploads a file to the ChatGPT backend: registers it, sends it to the address that the backend returns, and polls until it is ready. */
export class BackendUpload {
  readonly #service: Service;
  readonly #options: UnaryOptions;

  constructor(service: Service, { headers, signal, traceContext }: UnaryOptions) {
    this.#service = service;
    this.#options = { headers, signal, traceContext };
  }

  /** Files live next to the Codex part of the ChatGPT backend, not below it. */
  get #baseUrl(): string {
    return this.#service.provider.baseUrl.replace(/(\/backend-api)\/codex\/*$/, "$1");
  }

  /** @param onBytes - Called as the file's bytes are sent. */
  async send(file: SizedFile, onBytes: (sentBytes: number) => void): Promise<FileStatus & { readonly fileId: string }> {
    const registered = await this.#register(file);
    await this.#put(file, registered, onBytes);
    const { fileId } = registered;
    return { fileId, ...(await this.#whenReady(fileId)) };
  }

  async #register(file: SizedFile): Promise<RegisteredFile> {
    const response = await this.#post("files", { file_name: file.name, file_size: file.sizeBytes, use_case: "codex" });
    return decodeRegisteredFile(readAnswer(response, FILE_FAILURE), response.url);
  }

  async #put(file: SizedFile, { uploadUrl }: RegisteredFile, onBytes: (sentBytes: number) => void): Promise<void> {
    await this.#service.execute({
      method: "PUT",
      url: uploadUrl,
      headers: { "x-ms-blob-type": "BlockBlob" },
      raw: { sizeBytes: file.sizeBytes, open: () => countedBytes(file, onBytes) },
      headersMs: REQUEST_TIMEOUT_MS,
      signal: this.#options.signal,
    });
  }

  async #whenReady(fileId: string): Promise<FileStatus> {
    const { clock } = this.#service.line.timing;
    const path = `files/${encodeURIComponent(fileId)}/uploaded`;
    const endsAtMs = clock.now() + READY_TIMEOUT_MS;
    const notReady = () =>
      new TimeoutError(`file ${fileId} is uploaded but not ready after ${READY_TIMEOUT_MS} ms; upload it again`, {
        phase: "idle",
        timeoutMs: READY_TIMEOUT_MS,
      });
    for (let leftMs = READY_TIMEOUT_MS; leftMs > 0; leftMs = endsAtMs - clock.now()) {
      const response = await this.#post(path, {}, leftMs).catch((error: unknown) => {
        throw error instanceof TimeoutError && error.timeoutMs === leftMs ? notReady() : error;
      });
      const status = decodeFileStatus(readAnswer(response, FILE_FAILURE));
      if (status.status === "success") return status;
      if (status.status !== "retry") {
        const why = status.errorMessage ?? `the service says ${JSON.stringify(status.status)}`;
        throw new InvalidRequestError(`the upload of file ${fileId} failed: ${response.blank(why)}`);
      }
      await clock.sleep(POLL_DELAY_MS, this.#options.signal);
    }
    throw notReady();
  }

  #post(path: string, json: object, callMs?: number): Promise<Answer> {
    const call = unaryCall(path, json, this.#options);
    const endpoint = path === "files" ? path : "files/uploaded";
    return this.#service.execute({ ...call, endpoint, baseUrl: this.#baseUrl, totalMs: REQUEST_TIMEOUT_MS, callMs });
  }
}
