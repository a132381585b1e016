import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createResponsesFetch } from "../../../src/doors/fetch/index.ts";
import { startGateway } from "../../../src/doors/gateway/index.ts";
import { CodexApi, codexAuth, ModelsClient, noAuth } from "../../../src/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** A Codex home with this `auth.json`, or without one if undefined. */
function home(content: unknown): { readonly env: { CODEX_HOME: string }; readonly file: string } {
  const folder = temporaryFolder("codex-home");
  const file = join(folder, "auth.json");
  if (content !== undefined) writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return { env: { CODEX_HOME: folder }, file };
}

const tokens = { id_token: "i", access_token: "access-1", refresh_token: "r", account_id: "acc" };

const first = { bearerToken: tokens.access_token, accountId: tokens.account_id };

describe("the Codex CLI's login", () => {
  it("gives the access token and the account", async () => {
    const { env } = home({ OPENAI_API_KEY: null, tokens, last_refresh: "2026-01-01T00:00:00Z" });
    const auth = codexAuth({ env });
    expect([auth.mode, await auth.bearerToken(), await auth.accountId?.()]).toEqual(["chatgpt", "access-1", "acc"]);
  });

  it("prefers a stored API key, which belongs to no account", async () => {
    const auth = codexAuth({ env: home({ OPENAI_API_KEY: " sk-1 ", tokens }).env });
    expect([auth.mode, await auth.bearerToken(), await auth.accountId?.()]).toEqual(["api_key", "sk-1", undefined]);
  });

  it("is not read if an option is unknown, or if a path is given in place of options", () => {
    // @ts-expect-error It does not compile either.
    expect(() => codexAuth({ file: "auth.json" })).toThrow('unknown option "file" in the options of codexAuth');
    // @ts-expect-error It does not compile either.
    expect(() => codexAuth("auth.json")).toThrow('the options of codexAuth must be an object, and is "auth.json"');
  });

  it("is in the user's home folder by default", () => {
    const { file, env } = home({ tokens });
    expect(() => codexAuth({ env: {} })).toThrow(join(homedir(), ".codex", "auth.json"));
    vi.stubEnv("CODEX_HOME", env.CODEX_HOME);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(codexAuth().bearerToken()).toBe("access-1");
    expect(codexAuth({ path: file, env: {} }).bearerToken()).toBe("access-1");
  });

  it.each([
    "https://api.x.ai/v1",
    "https://gateway.example/v1",
    "https://openai.com.example/v1",
    "https://127.example/v1",
  ])("is not sent to %s (parity: auth/login-stays-home)", async (baseUrl) => {
    const { host } = new URL(baseUrl);
    const auth = codexAuth({ env: home({ tokens }).env });
    const provider = { name: "another", baseUrl };
    const refused = expect.objectContaining({
      kind: "build",
      message: `the login of the Codex CLI belongs to OpenAI and is not sent to ${host}, the host of the base URL; give that service's own key, with apiKeyAuth(key), or, if it is to get the login, codexAuth({ alsoSendTo: ["${host}"] })`,
    });
    await using api = new CodexApi({ provider, auth: noAuth(), env: {} });
    expect(() => new CodexApi({ provider, auth, env: {} })).toThrow(refused);
    expect(() => new ModelsClient({ provider, auth, env: {} })).toThrow(refused);
    expect(() => api.as(auth)).toThrow(refused);
    expect(() => createResponsesFetch({ provider, auth, env: {} })).toThrow(refused);
    await expect(startGateway({ provider, auth, env: {} })).rejects.toEqual(refused);
    const also = codexAuth({ env: home({ tokens }).env, alsoSendTo: ["other.example", host.toUpperCase()] });
    await new CodexApi({ provider, auth: also, env: {} }).close();
  });

  it.each([
    "https://chatgpt.com/backend-api/codex",
    "https://eu.api.openai.com/v1",
    "http://127.0.0.1:1/v1",
    "http://[::1]/v1",
  ])("is sent to %s", (baseUrl) => {
    const auth = codexAuth({ env: home({ tokens }).env });
    expect(() => new CodexApi({ provider: { name: "own", baseUrl }, auth, env: {} })).not.toThrow();
  });

  it.each(["https://gateway.example", "gateway.example:443", "gateway.example/v1", ""])(
    "refuses %j as a host",
    (name) => {
      expect(() => codexAuth({ env: home({ tokens }).env, alsoSendTo: [name] })).toThrow(
        `alsoSendTo of codexAuth takes hosts like "gateway.example", without scheme, port and path; got "${name}"`,
      );
    },
  );

  it("is read again after a 401, and used if the CLI has refreshed it for the same account (parity: auth/renewal-is-the-clis)", async () => {
    const { env, file } = home({ tokens });
    const auth = codexAuth({ env });
    expect(await auth.onUnauthorized?.(first)).toBe(false);
    writeFileSync(file, JSON.stringify({ tokens: { ...tokens, access_token: "access-2" } }));
    expect(await auth.onUnauthorized?.(first)).toBe(true);
    expect(await auth.bearerToken()).toBe("access-2");
  });

  it("renews each of several calls that were refused at the same time", async () => {
    const { env, file } = home({ tokens });
    const auth = codexAuth({ env });
    writeFileSync(file, JSON.stringify({ tokens: { ...tokens, access_token: "access-2" } }));
    expect([await auth.onUnauthorized?.(first), await auth.onUnauthorized?.(first)]).toEqual([true, true]);
    expect(await auth.onUnauthorized?.({ ...first, bearerToken: "access-2" })).toBe(false);
  });

  it.each([
    ["for another account", tokens, { tokens: { ...tokens, access_token: "access-3", account_id: "other" } }],
    ["for the API", { access_token: "access-1" }, { OPENAI_API_KEY: "sk-1" }],
  ])("that has been replaced by one %s is not used", async (_what, before, after) => {
    const { env, file } = home({ tokens: before });
    const auth = codexAuth({ env });
    const sent = { bearerToken: await auth.bearerToken(), accountId: await auth.accountId?.() };
    writeFileSync(file, JSON.stringify(after));
    expect(await auth.onUnauthorized?.(sent)).toBe(false);
    expect({ bearerToken: await auth.bearerToken(), accountId: await auth.accountId?.() }).toEqual(sent);
  });

  it.each<[string, unknown, RegExp]>([
    ["is absent", undefined, /does not exist.*codex login/],
    ["is not JSON", "{ sk-secret", /not a JSON object/],
    ["is not an object", "[1]", /not a JSON object/],
    ["has no credential", { tokens: { refresh_token: "sk-secret" } }, /neither OPENAI_API_KEY nor tokens.access_token/],
    ["has a blank credential", { OPENAI_API_KEY: " " }, /neither/],
  ])("that %s is a build error that names the file and shows no content", (_title, content, message) => {
    const { env, file } = home(content);
    const attempt = () => codexAuth({ env });
    expect(attempt).toThrow(expect.objectContaining({ kind: "build" }));
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(file);
    expect(attempt).not.toThrow(/sk-secret/);
  });

  it("that is a folder is a build error with the system's code", () => {
    const { env, file } = home(undefined);
    mkdirSync(file);
    expect(() => codexAuth({ env })).toThrow(/cannot be read: Is a directory \(EISDIR\)/);
  });

  it("that is a pipe is a build error at once, also after a 401", async () => {
    const { env, file } = home({ tokens });
    const auth = codexAuth({ env });
    rmSync(file);
    execFileSync("mkfifo", [file]);
    expect(() => codexAuth({ env })).toThrow(/cannot be read: it is a pipe, not a regular file/);
    await expect(auth.onUnauthorized?.(first)).rejects.toMatchObject({ kind: "build" });
    expect(await auth.bearerToken()).toBe("access-1");
  });

  it("that is a huge file is not read", () => {
    const { env, file } = home("x".repeat(1024 * 1024 + 1));
    expect(() => codexAuth({ env })).toThrow(`${file} cannot be read: it is larger than 1 MiB`);
  });
});
