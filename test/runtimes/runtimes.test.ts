// The packed package on runtimes whose TLS, node:http and built-in packages are not Node's.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Emulator, EmulatorOptions } from "../../src/emulator/index.ts";
import { caFile } from "../support/ca-file.ts";
import { cert } from "../support/certs.ts";
import { emulate } from "../support/clients.ts";
import { startHttpProxy } from "../support/proxies/http-proxy.ts";
import { identity, serveTls } from "../support/tls-server.ts";

const CACHE = join(import.meta.dirname, "../../.cache");
const PROJECT = join(CACHE, "runtimes-project");
const MODULES = join(CACHE, "runtimes", "node_modules");

/** The executable in Bun's package: its `bun` command would be set up by an install script, and those are not run. */
const BUN = `bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : "x64"}`;

const RUNTIMES = [
  { name: "Node", command: [process.execPath] },
  { name: "Bun", command: [join(MODULES, "@oven", BUN, "bin", "bun")] },
  { name: "Deno", command: [join(MODULES, ".bin", "deno"), "run", "--allow-all"] },
] as const;

const WAYS = [
  { how: "https", answer: "one two three" },
  { how: "wss", answer: "one two three" },
  { how: "fetch", answer: "list" },
  { how: "agent", answer: "list" },
  { how: "websocket", answer: "open" },
] as const;

interface Outcome {
  readonly answer?: string;
  readonly error?: { readonly kind: string; readonly code: string; readonly phase: string; readonly message: string };
  readonly logged: readonly string[];
}

async function run(
  command: readonly string[],
  question: { readonly how: string; readonly baseUrl: string; readonly env: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const [file = "", ...args] = command;
  const { PATH = "", HOME = "" } = process.env;
  const { stdout } = await promisify(execFile)(file, [...args, "program.mjs", JSON.stringify(question)], {
    cwd: PROJECT,
    env: { PATH, HOME, DENO_NO_UPDATE_CHECK: "1" },
    timeout: 20_000,
  });
  return JSON.parse(stdout) as Outcome;
}

function trusting({ caPem }: Emulator): Readonly<Record<string, string>> {
  return { CODEX_CA_CERTIFICATE: caFile(caPem) };
}

const secured = (options: EmulatorOptions = {}): Promise<Emulator> => emulate({ tls: true, ...options });

describe.each(RUNTIMES)("on $name", ({ name, command }) => {
  it.each(WAYS)("$how reaches a server of the bundle's authority", async ({ how, answer }) => {
    const emulator = await secured();
    const outcome = await run(command, { how, baseUrl: emulator.url, env: trusting(emulator) });
    expect(outcome).toMatchObject({ answer });
    const notes = outcome.logged.filter((message) => message.includes("BoringSSL"));
    expect(notes).toHaveLength(name === "Bun" ? 1 : 0);
  });

  it("wss reads a server that compresses each message", async () => {
    const emulator = await secured({ compressFrames: true });
    const outcome = await run(command, { how: "wss", baseUrl: emulator.url, env: trusting(emulator) });
    expect(outcome).toMatchObject({ answer: "one two three" });
  });

  it.each(WAYS)("$how takes the tunnel of a proxy", async ({ how, answer }) => {
    const emulator = await secured();
    const proxy = await startHttpProxy();
    const env = { ...trusting(emulator), HTTPS_PROXY: proxy.url };
    expect(await run(command, { how, baseUrl: emulator.url, env })).toMatchObject({ answer });
    expect(proxy.connects.map(({ target }) => target)).toEqual([new URL(emulator.url).host]);
  });

  it.each(WAYS)("$how sends nothing to a server of an unknown authority, and says which", async ({ how }) => {
    const emulator = await secured();
    const { error } = await run(command, { how, baseUrl: emulator.url, env: {} });
    expect(error).toMatchObject({ kind: "network", phase: "tls", code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
    expect(error?.message).toMatch(/throwaway CA.*CODEX_CA_CERTIFICATE/);
    expect(emulator.requests).toEqual([]);
  });

  it("sends nothing to a server whose key is too weak", async () => {
    const server = await serveTls(identity("rsa1024", "rsa1024"));
    const env = { CODEX_CA_CERTIFICATE: caFile(cert("root.pem")) };
    const { error } = await run(command, { how: "https", baseUrl: `https://localhost:${server.port}/v1`, env });
    expect(error).toMatchObject({ kind: "network", phase: "tls" });
    // Deno's own check comes before ours, and has no code for it.
    if (name !== "Deno") expect(error).toMatchObject({ code: "EE_KEY_TOO_SMALL" });
    expect(server.received).toBe("");
  });
});
