import { basename } from "node:path";
import { BuildError } from "../../../client/failure/kinds.ts";
import { fileError, openRegular } from "../../../client/files/index.ts";
import { isSendableHeaderValue } from "../../../client/headers.ts";
import { object, present } from "../../../client/options.ts";
import { unlessAborted } from "../../../client/waiting/abort.ts";
import { contentTypeOf } from "./content-type.ts";

/** What to upload: a file on disk, bytes, or a stream of known size that can be opened again for a retry. */
export type FileSource = (
  | { readonly path: string; readonly name?: string | undefined }
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly sizeBytes: number; open(): AsyncIterable<Uint8Array> }
) & {
  /** The content type, used when the file is sent as a form. By default from the name's extension. */
  readonly type?: string | undefined;
};

/** A source whose size is known. */
export interface SizedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Content type. */
  readonly type: string;
  /** Its bytes from the beginning, in parts. */
  open(): AsyncIterable<Uint8Array>;
}

/** @throws {@link BuildError} The file cannot be read, or the source has none of these forms. {@link AbortedError} The signal fired. */
export async function sizeUp(source: FileSource, signal?: AbortSignal): Promise<SizedFile> {
  object("the file", source, 'an object, for example { path: "report.pdf" }');
  if ("path" in source) {
    const { path, name = basename(path) } = source;
    const type = checkedType(source.type ?? contentTypeOf(name));
    return unlessAborted(signal, async () => ({ name, type, ...(await sizeUpPath(path)) }));
  }
  const { name } = source;
  present("name", name, "a file needs a name");
  const type = checkedType(source.type ?? contentTypeOf(name));
  if ("bytes" in source) return { name, type, sizeBytes: source.bytes.length, open: () => slices(source.bytes) };
  const { sizeBytes } = source;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new BuildError("sizeBytes must be the stream's size in bytes");
  }
  return { name, type, sizeBytes, open: () => source.open() };
}

/** A line end in it would begin a part of the form that nobody meant. @throws {@link BuildError} */
function checkedType(type: string): string {
  if (typeof type === "string" && isSendableHeaderValue(type)) return type;
  throw new BuildError("type must be a content type such as image/png: visible ASCII without a line break");
}

async function sizeUpPath(path: string): Promise<Pick<SizedFile, "sizeBytes" | "open">> {
  try {
    const { file, sizeBytes } = await openRegular(path);
    await file.close();
    return { sizeBytes, open: () => partsOf(path) };
  } catch (error) {
    throw new BuildError(`${path} cannot be read: ${fileError(error).message}`, { cause: error });
  }
}

/** Opens and checks the file again, because the path may name another file by now. Closes it when the consumer stops. */
async function* partsOf(path: string): AsyncGenerator<Uint8Array, void> {
  const { file } = await openRegular(path);
  try {
    for (;;) {
      const part = Buffer.allocUnsafe(SLICE_BYTES);
      const { bytesRead } = await file.read(part, 0, part.length);
      if (bytesRead === 0) return;
      yield part.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const SLICE_BYTES = 64 * 1024;

/** In parts, so that progress can be reported. */
async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

/**
 * The source's bytes, counted as they are read.
 *
 * @throws {@link BuildError} The source fails, or has more or fewer bytes than announced.
 */
export async function* countedBytes(
  file: SizedFile,
  onBytes?: (sentBytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  let sentBytes = 0;
  let isLonger = false;
  try {
    for await (const part of file.open()) {
      isLonger = sentBytes + part.length > file.sizeBytes;
      if (isLonger) break;
      yield part;
      sentBytes += part.length;
      onBytes?.(sentBytes);
    }
  } catch (cause) {
    throw new BuildError(`the upload of ${JSON.stringify(file.name)} ended on this side: ${String(cause)}`, { cause });
  }
  if (isLonger || sentBytes !== file.sizeBytes) {
    throw new BuildError(
      `${JSON.stringify(file.name)} no longer has the ${file.sizeBytes} bytes that were announced; upload it again`,
    );
  }
}
