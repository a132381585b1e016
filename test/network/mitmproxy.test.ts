import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { isTrustFailure } from "../../src/client/trust/index.ts";
import { caFile } from "../support/ca-file.ts";
import { certPath } from "../support/certs.ts";
import { inLockstep, WORDS } from "../support/lockstep.ts";
import { answer, ask, CARRIERS, hiddenOrigin, open, readInLockstep } from "./asking.ts";
import { useMitmproxy } from "./proxies.ts";

describe("mitmproxy intercepting TLS", () => {
  const proxy = useMitmproxy();
  const trusting = (variable = "CODEX_CA_CERTIFICATE") => ({ HTTPS_PROXY: proxy.url(), [variable]: proxy.caPath() });

  describe.each(CARRIERS)("%s", (carrier) => {
    it.each(["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"])("is trusted where %s names its authority", async (variable) => {
      const { baseUrl, emulator } = await hiddenOrigin();
      expect(await answer({ carrier, baseUrl, env: trusting(variable) })).toBe("one two three");
      expect(emulator.requests.map(({ kind }) => kind)).toEqual(carrier === "SSE" ? ["http"] : ["handshake", "frame"]);
    });

    it("passes events on one by one", async () => {
      const { script, heard } = inLockstep();
      const { baseUrl } = await hiddenOrigin({ script });
      expect(await readInLockstep({ carrier, baseUrl, env: trusting() }, heard)).toEqual(WORDS);
    });

    it("without its authority is refused by its name, and no request gets through", async () => {
      const { baseUrl, emulator } = await hiddenOrigin();
      const { error } = await ask({ carrier, baseUrl, env: { HTTPS_PROXY: proxy.url() } });
      expect(error).toMatchObject({ kind: "network", phase: "tls", retryable: false });
      expect(isTrustFailure(error)).toBe(true);
      const { message } = error as Error;
      expect(message).toMatch(/^TLS certificate of api\.example\.test refused/);
      expect(message).toContain("issued by CN=mitmproxy");
      expect(message).toContain("neither CODEX_CA_CERTIFICATE nor SSL_CERT_FILE is set");
      expect(emulator.requests).toEqual([]);
    });

    it("beside a bundle of another authority is refused with the variable, the file and what it holds", async () => {
      const { baseUrl } = await hiddenOrigin();
      const bundle = certPath("other-root.pem");
      const env = { HTTPS_PROXY: proxy.url(), CODEX_CA_CERTIFICATE: bundle, SSL_CERT_FILE: proxy.caPath() };
      const { error } = await ask({ carrier, baseUrl, env });
      expect(isTrustFailure(error)).toBe(true);
      const { message } = error as Error;
      expect(message).toContain("CN=mitmproxy");
      expect(message).toContain(`1 certificate from ${bundle}`);
      expect(message).toContain("CODEX_CA_CERTIFICATE");
      expect(message).toContain(`SSL_CERT_FILE=${proxy.caPath()} is therefore ignored`);
    });

    it("that does not trust the origin itself answers 502, which is no failure of our trust", async () => {
      const { baseUrl } = await hiddenOrigin({ tls: true });
      const { error } = await ask({ carrier, baseUrl, env: trusting() });
      expect(error).toMatchObject({ kind: "http", status: 502 });
      expect(isTrustFailure(error)).toBe(false);
    });

    it("is passed by for a host in NO_PROXY", async () => {
      const { emulator } = await hiddenOrigin({ tls: true });
      const bundle = caFile(emulator.caPem); // without mitmproxy's
      const env = { HTTPS_PROXY: proxy.url(), CODEX_CA_CERTIFICATE: bundle, NO_PROXY: "127.0.0.1" };
      expect(await answer({ carrier, baseUrl: emulator.url, env })).toBe("one two three");
      const proxied = await ask({ carrier, baseUrl: emulator.url, env: { ...env, NO_PROXY: "" } });
      expect(proxied.error).toMatchObject({ phase: "tls", message: expect.stringContaining("CN=mitmproxy") });
    });
  });
});

describe("mitmproxy as it is by default, a proxy that buffers bodies", () => {
  const proxy = useMitmproxy({ buffering: true });
  const env = () => ({ HTTPS_PROXY: proxy.url(), CODEX_CA_CERTIFICATE: proxy.caPath() });

  it("holds an SSE answer back until its end; the answer is whole all the same", async () => {
    let isSaid = false;
    async function* slowly(): AsyncGenerator<unknown, void> {
      yield { type: "response.created", response: { id: "resp_1" } };
      for (const delta of WORDS) {
        yield { type: "response.output_text.delta", delta };
        await delay(100);
      }
      isSaid = true;
      yield { type: "response.completed", response: { id: "resp_1" } };
    }
    const { baseUrl } = await hiddenOrigin({ script: [{ events: slowly() }] });
    const stream = await open({ carrier: "SSE", baseUrl, env: env() });
    expect(isSaid).toBe(true);
    expect((await stream.collect()).text).toBe(WORDS.join(""));
  });

  it("costs a long SSE answer its time limit, and the message says where to look", async () => {
    const { baseUrl } = await hiddenOrigin({ script: [{ stallAfterEvents: 3, keepAliveEveryMs: 50 }] });
    const limits = { headersTimeoutMs: 500 };
    const { events, error } = await ask({ carrier: "SSE", baseUrl, env: env(), limits });
    expect(events).toEqual([]);
    expect(error).toMatchObject({ kind: "timeout", phase: "headers", timeoutMs: 500 });
    expect((error as Error).message).toContain("or a proxy in between");
  });

  it("lets WebSocket messages through one by one", async () => {
    const { script, heard } = inLockstep();
    const { baseUrl } = await hiddenOrigin({ script });
    expect(await readInLockstep({ carrier: "WebSocket", baseUrl, env: env() }, heard)).toEqual(WORDS);
  });
});
