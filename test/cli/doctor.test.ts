import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { startHttpProxy } from "../support/proxies/http-proxy.ts";
import { knownTo, leaksIn, PROXY_PASSWORD, printable, SECRETS } from "../support/secrets.ts";
import { closedPort, serve, serveTcp } from "../support/serve.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A TLS emulator and a file that makes it trusted. */
async function secured() {
  const emulator = await emulate({ tls: true });
  const folder = temporaryFolder("doctor");
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, emulator.caPem ?? "");
  return { emulator, ca };
}

interface ReportLine {
  readonly ok: boolean;
  readonly sections: readonly {
    readonly title: string;
    readonly findings: readonly { readonly check: string; readonly outcome: string; readonly text: string }[];
  }[];
}

describe("doctor", () => {
  it("reports a working connection in full: bundle, what it overrides, routes, each step, HTTP and WebSocket", async () => {
    const { emulator, ca } = await secured();
    const { status, stdout } = await runCommand(["doctor", emulator.url], {
      env: { CODEX_CA_CERTIFICATE: ca, SSL_CERT_FILE: "/other.pem" },
    });
    expect(stdout).toContain(`${ca}, chosen by CODEX_CA_CERTIFICATE`);
    expect(stdout).toContain("SSL_CERT_FILE=/other.pem is therefore ignored");
    expect(stdout).toContain("1 certificate accepted");
    expect(stdout).toMatch(/https: direct.*\n.*wss: direct/);
    expect(stdout).toMatch(/ok {3}TCP: .* ms\)\n {2}ok {3}TLS: .* ms\)/);
    expect(stdout).toContain("of your bundle vouches for it and no public root does");
    expect(stdout).toMatch(/GET: 200/);
    expect(stdout).toContain("101: WebSockets get through");
    expect(status).toBe(0);
  });

  it("stops at the first failure, gives its cause and remedy, and exits as a request would", async () => {
    const { emulator } = await secured();
    const { status, stdout, stderr } = await runCommand(["doctor", emulator.url]);
    expect(status).toBe(5);
    expect(stdout).toMatch(/FAIL TLS: TLS certificate of 127\.0\.0\.1 refused.*set CODEX_CA_CERTIFICATE/);
    expect(stdout).not.toContain("WebSocket\n");
    expect(stderr).toBe("");
  });

  it("prints neither user info nor query of the base URL, which may be credentials", async () => {
    const port = await closedPort();
    for (const more of [[], ["--json"]]) {
      const { stdout } = await runCommand(["doctor", `http://alice:hunter2@127.0.0.1:${port}/v1?key=s3cret`, ...more]);
      expect(stdout).toContain(`http://127.0.0.1:${port}/v1/models`);
      expect(stdout).not.toMatch(/alice|hunter2|s3cret/);
    }
  });

  it("explains an unusable proxy setting", async () => {
    const { status, stdout } = await runCommand(["doctor", "https://localhost/v1"], {
      env: { HTTPS_PROXY: "gopher://proxy" },
    });
    expect(status).toBe(2);
    expect(stdout).toMatch(/Route \(proxy\)\n {2}FAIL proxy setting: .*HTTPS_PROXY/);
  });

  it("explains an unusable bundle", async () => {
    const { status, stdout } = await runCommand(["doctor", "https://localhost/v1"], {
      env: { SSL_CERT_FILE: "/does/not/exist" },
    });
    expect(status).toBe(5);
    expect(stdout).toMatch(/FAIL bundle: .*\/does\/not\/exist selected by SSL_CERT_FILE/);
  });

  it("names the proxy, the variable that chose it, and prints no credential", async () => {
    const { emulator, ca } = await secured();
    const proxy = await startHttpProxy({ credentials: { username: "alice", password: "s3cret" } });
    const proxyUrl = proxy.url.replace("http://", "http://alice:s3cret@");
    const { status, stdout } = await runCommand(["doctor", emulator.url], {
      env: { CODEX_CA_CERTIFICATE: ca, HTTPS_PROXY: proxyUrl },
    });
    expect(stdout).toMatch(/https: http:\/\/127\.0\.0\.1:\d+, chosen by HTTPS_PROXY; through a tunnel/);
    expect(stdout).toMatch(/ok {3}proxy: /);
    expect(stdout).not.toMatch(/alice|s3cret/);
    expect(status).toBe(0);

    const wrong = await runCommand(["doctor", emulator.url], {
      env: { CODEX_CA_CERTIFICATE: ca, HTTPS_PROXY: proxy.url },
    });
    expect(wrong.status).toBe(4);
    expect(wrong.stdout).toMatch(/FAIL proxy: .*407/);
  });

  it("uses a proxy as plain requests do: without a tunnel, which only the WebSocket needs", async () => {
    const emulator = await emulate();
    const proxy = await startHttpProxy({ tunnels: false });
    const { status, stdout } = await runCommand(["doctor", emulator.url], { env: { HTTP_PROXY: proxy.url } });
    expect(stdout).toContain("requests go to it in absolute form");
    expect(stdout).toMatch(/ok {3}TCP: .*HTTP_PROXY.*\n\nHTTP\n {2}ok {3}GET: 200/);
    expect(stdout).toMatch(/note upgrade: .*405.*; HTTP is used instead/);
    expect(status).toBe(0);
    expect(proxy.connects).toHaveLength(1);
  });

  it("reports the credentials that a proxy for plain requests asks for", async () => {
    const proxy = await startHttpProxy({ credentials: { username: "alice", password: "s3cret" } });
    const { status, stdout } = await runCommand(["doctor", "http://api.example/v1"], {
      env: { HTTP_PROXY: proxy.url },
    });
    expect(stdout).toMatch(/FAIL GET: .*407/);
    expect(status).toBe(4);
  });

  it("does not wait forever for a silent server", async () => {
    const { url } = await serve(() => {});
    const limits = ["--idle-timeout-ms", "50", "--connect-timeout-ms", "500"]; // the latter for the WebSocket
    const { status, stdout } = await runCommand(["doctor", `${url}/v1`, ...limits]);
    expect(stdout).toMatch(/FAIL GET: .*50 ms/);
    expect(status).toBe(4);
  });

  it("ends on Ctrl-C with 130, and reports no failure", async () => {
    let child: ChildProcess | undefined;
    const { url } = await serve(() => void child?.kill("SIGINT"));
    const finished = await runCommand(["doctor", `${url}/v1`], {
      onStart: (started) => {
        child = started;
      },
    });
    expect(finished).toMatchObject({ status: 130, stdout: "", stderr: "interrupted\n" });
  });

  it("accepts only one URL", async () => {
    const { status, stderr } = await runCommand(["doctor", "http://127.0.0.1:9", "--base-url", "http://127.0.0.1:9"]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: "codex-wire: give a URL or --base-url URL, not both\n" });
  });

  it("says which entry of NO_PROXY keeps a host from the proxy", async () => {
    const emulator = await emulate();
    const env = { HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: "example.com, 127.0.0.0/8" };
    const { stdout, status } = await runCommand(["doctor", emulator.url], { env });
    expect(stdout).toContain('http: direct: "127.0.0.0/8" in NO_PROXY excludes it from the proxy');
    expect(stdout).toContain("Everything works.");
    expect(status).toBe(0);
  });

  it("names the entries of NO_PROXY that have no effect", async () => {
    const emulator = await emulate();
    const { stdout, status } = await runCommand(["doctor", emulator.url], { env: { NO_PROXY: "example.com,ht!tp" } });
    expect(stdout).toMatch(
      /note setting: entries of NO_PROXY that are not a host.*\n.*variable: NO_PROXY\n.*entries: ht!tp/,
    );
    expect(status).toBe(0);
  });

  it("tries a small ClientHello if a handshake gets no answer, and says that its size was the cause", async (context) => {
    const [major = 0, minor = 0] = (process.versions.openssl ?? "").split(".").map(Number);
    if (major < 3 || (major === 3 && minor < 5)) context.skip(); // its ClientHello fits into one packet
    const { emulator, ca } = await secured();
    const port = Number(new URL(emulator.url).port);
    const box = await serveTcp((socket) => {
      socket.once("data", (hello: Buffer) => {
        if (hello.length > 1_400) return; // swallowed, as some firewalls do
        const onward = connect(port, "127.0.0.1");
        onward.write(hello);
        socket.pipe(onward).pipe(socket);
        for (const side of [socket, onward]) side.on("error", () => {});
      });
    });
    const url = `https://127.0.0.1:${new URL(box.url).port}/v1`;
    const { status, stdout } = await runCommand(["doctor", url, "--connect-timeout-ms", "1500"], {
      env: { CODEX_CA_CERTIFICATE: ca },
    });
    expect(stdout).toMatch(/FAIL TLS: .*X25519MLKEM768/);
    expect(stdout).toMatch(/note small ClientHello: works with the key exchange groups/);
    expect(status).toBe(4);
  });

  it.each<[string, () => Promise<{ url: string; env: Record<string, string> }>, RegExp]>([
    [
      "a certificate of an unknown authority",
      async () => ({ url: (await secured()).emulator.url, env: {} }),
      /could not use https:\/\/127\.0\.0\.1:\d+\/v1\/models without a proxy\. TLS certificate of .*\. Needed: the certificate of the authority .*as a PEM file for CODEX_CA_CERTIFICATE/,
    ],
    [
      "a proxy that requires credentials",
      async () => {
        const proxy = await startHttpProxy({ credentials: { username: "alice", password: "s3cret" } });
        return { url: "https://api.example.test/v1", env: { HTTPS_PROXY: proxy.url } };
      },
      /through the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\)\. .*407.* Needed: credentials for http:.*Basic, or a rule that lets CONNECT to api\.example\.test:443/,
    ],
    [
      "a proxy that forbids the host",
      async () => {
        const proxy = await startHttpProxy({ refuseWith: { status: 403 } });
        return { url: "https://api.example.test/v1", env: { HTTPS_PROXY: proxy.url } };
      },
      /Needed: http:\/\/127\.0\.0\.1:\d+ must allow CONNECT to api\.example\.test:443/,
    ],
    [
      "a port on which nothing listens",
      async () => ({ url: `https://127.0.0.1:${await closedPort()}/v1`, env: {} }),
      /Needed: TCP from this machine to 127\.0\.0\.1:\d+, or the address of the proxy/,
    ],
  ])("ends with one paragraph for a help desk after %s", async (_what, situation, paragraph) => {
    const { url, env } = await situation();
    const { stdout } = await runCommand(["doctor", url], { env });
    const last = stdout.trimEnd().split("\n").at(-1) ?? "";
    expect(last).toMatch(/^For a help desk: at \d{4}-\d\d-\d\dT[\d:]+Z, on a .* machine, codex-wire [\d.]+ \(Node\.js/);
    expect(last).toMatch(paragraph);
  });

  it("prints the report as one line of JSON, followed by the failure", async () => {
    const port = await closedPort();
    const { status, lines } = await runCommand(["doctor", "--json", `http://127.0.0.1:${port}/v1`]);
    const [report, error] = lines() as unknown as [ReportLine, unknown];
    expect(status).toBe(4);
    expect(error).toMatchObject({ type: "error", error: { kind: "network", code: "ECONNREFUSED" } });
    expect(report.ok).toBe(false);
    expect(report.sections.at(-1)?.findings.at(-1)).toMatchObject({ check: "TCP", outcome: "failed" });
  });

  it("reports a server without WebSocket support", async () => {
    const emulator = await emulate({ websockets: false });
    const { status, stdout } = await runCommand(["doctor", emulator.url]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/note upgrade: 426/);
    expect(stdout).toContain("Nothing fails; check the lines marked note.");
  });

  it.each([
    {
      page: "of a captive portal",
      answer: 200,
      exits: 4,
      line: /FAIL GET: 200 with a web page: .*\n.*it says: Sign in/,
    },
    { page: "of a proxy that blocks", answer: 403, exits: 3, line: /FAIL GET: 403 with a web page/ },
    { page: "before a server that wants a key", answer: 401, exits: 0, line: /ok {3}GET: 401: the service answers/ },
    { page: "of a wrong base URL", answer: 404, exits: 0, line: /note GET: 404: no list of models here/ },
  ])("judges a web page $page as a request would", async ({ answer, exits, line }) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(answer, { "content-type": "text/html" }).end("<title>Sign in</title>");
    });
    const { status, stdout } = await runCommand(["doctor", `${url}/v1`]);
    expect(stdout).toMatch(line);
    expect(status).toBe(exits);
  });

  it.each([
    [503, /note GET: 503: a fault of the server/],
    [302, /note GET: 302: requests are sent elsewhere .*\n.*location: \/v2/],
  ])("reports a %i", async (answer, line) => {
    const { url } = await serve((_request, response) => void response.writeHead(answer, { location: "/v2" }).end());
    const { status, stdout } = await runCommand(["doctor", `${url}/v1`]);
    expect(stdout).toMatch(line);
    expect(status).toBe(0);
  });
});

it.each(["", "--json", "--verbose"])(
  "doctor %s prints no secret, even if a server or proxy repeats it",
  async (form) => {
    const { url } = await serve(({ headers, path }, response) => {
      const known = knownTo({ headers, url: path, rawHeaders: Object.entries(headers).flat().map(String) });
      const fields = { "content-type": "text/html", server: printable(known), "x-request-id": printable(known) };
      response.writeHead(403, fields).end(`<title>${known}</title>`);
    });
    const host = new URL(url).host;
    const env = {
      OPENAI_API_KEY: SECRETS.key,
      HTTP_PROXY: `http://user:${encodeURIComponent(PROXY_PASSWORD)}@${host}`,
    };
    const secret = `user:${encodeURIComponent(SECRETS.password)}@`;
    for (const [base, proxied] of [
      [`http://${secret}${host}/v1?code=${encodeURIComponent(SECRETS.parameter)}`, false],
      [`http://${secret}origin.example/v1?code=${encodeURIComponent(SECRETS.parameter)}`, true],
      [SECRETS.key, true],
    ] as const) {
      const { stdout, stderr } = await runCommand(["doctor", base, ...(form ? [form] : [])], {
        env: proxied ? env : { OPENAI_API_KEY: SECRETS.key },
      });
      expect(stdout + stderr).not.toBe("");
      expect(leaksIn(stdout + stderr)).toEqual([]);
    }
  },
);
