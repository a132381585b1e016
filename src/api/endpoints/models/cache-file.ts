import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createFolder, FileError, readWhole } from "../../../client/files/index.ts";
import { AnswerReader } from "../../wire/answer-reader.ts";
import type { JsonObject } from "../../wire/json.ts";
import { decodeModels } from "./decoder.ts";
import type { ModelInfo } from "./info.ts";

/** A list, and the data that decides how long it is valid. */
export interface CachedModels {
  /** Unix time in milliseconds. */
  readonly fetchedAtMs: number;
  readonly etag?: string | undefined;
  readonly clientVersion: string;
  readonly models: readonly ModelInfo[];
}

/** The service's own list takes a few hundred kilobytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a file in the format of the Rust client's `models_cache.json`: `{fetched_at, etag, client_version, models}`.
 *
 * @returns `undefined` if there is no such file.
 * @throws The file cannot be read, or has another format.
 */
export async function readModelsFile(path: string): Promise<CachedModels | undefined> {
  let content: Uint8Array;
  try {
    content = await readWhole(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof FileError && error.code === "ENOENT") return undefined;
    throw error;
  }
  const file = new AnswerReader(JSON.parse(Buffer.from(content).toString("utf8")), path);
  const fetchedAtMs = Date.parse(file.text("fetched_at"));
  if (Number.isNaN(fetchedAtMs)) throw file.undecodable("fetched_at is not a date");
  return {
    fetchedAtMs,
    clientVersion: file.text("client_version"),
    models: decodeModels(file),
    etag: file.optionalText("etag"),
  };
}

/** Fields that the Rust client writes as null if they have no value; it leaves out all others. */
const WRITTEN_AS_NULL = ["description", "availability_nux", "upgrade", "default_verbosity", "apply_patch_tool_type"];

function toWire({ used_fallback_model_metadata: _ours, ...model }: ModelInfo): JsonObject {
  const fields: JsonObject = model;
  return { ...fields, ...Object.fromEntries(WRITTEN_AS_NULL.map((name) => [name, fields[name] ?? null])) };
}

/** Writes the file atomically: another process never reads a part of it. Creates its folder. */
export async function writeModelsFile(path: string, cached: CachedModels): Promise<void> {
  const content = {
    fetched_at: new Date(cached.fetchedAtMs).toISOString(),
    etag: cached.etag ?? null,
    client_version: cached.clientVersion,
    models: cached.models.map(toWire),
  };
  await createFolder(dirname(path));
  const unfinished = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(unfinished, `${JSON.stringify(content, null, 2)}\n`);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
