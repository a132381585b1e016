/** `ws` reads it when it is loaded, and then does not look for `bufferutil`. */
const WITHOUT_BUFFERUTIL = "WS_NO_BUFFER_UTIL";

let loading: Promise<typeof import("ws")> | undefined;

/**
 * Loads `ws`, without the native package that it would use if it were installed. Bundlers (Vite, Next.js, a webpack alias) replace a
 * missing one by an empty module; `ws` takes that for the real one, and every message above 47 bytes fails. Its own masking costs nothing
 * that can be measured.
 */
export function loadWs(): Promise<typeof import("ws")> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<typeof import("ws")> {
  const { [WITHOUT_BUFFERUTIL]: before } = process.env;
  process.env[WITHOUT_BUFFERUTIL] = "1";
  try {
    return await import("ws");
  } finally {
    if (before === undefined) delete process.env[WITHOUT_BUFFERUTIL];
    else process.env[WITHOUT_BUFFERUTIL] = before;
  }
}
