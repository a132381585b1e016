import { compress, init } from "@bokuweb/zstd-wasm";

/** Makes `compress` of that package usable, once in a process: a second `init` takes the memory from under those who use it already. */
export async function zstdReady(): Promise<void> {
  try {
    compress(new Uint8Array(1), 1);
  } catch {
    await init();
  }
}
