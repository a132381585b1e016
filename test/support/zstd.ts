import { compress, init } from "@bokuweb/zstd-wasm";

/** Prepares `compress` of that package, once per process: a second `init` would replace the memory that others use. */
export async function zstdReady(): Promise<void> {
  try {
    compress(new Uint8Array(1), 1);
  } catch {
    await init();
  }
}
