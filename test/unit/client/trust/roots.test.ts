import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "../../../../src/client/observe/log.ts";
import { toBase64 } from "../../../../src/client/trust/pem/sections.ts";
import { ordinaryRoots, type RootPlaces } from "../../../../src/client/trust/roots.ts";
import { cert, certPath } from "../../../support/certs.ts";
import { recordLog } from "../../../support/log-lines.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codex-wire-roots-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function places(overrides: Partial<RootPlaces> = {}): RootPlaces {
  return { nodeDefault: () => [cert("root.pem").trimEnd()], systemStore: undefined, systemFiles: [], ...overrides };
}

test("nothing is added to what Node trusts by itself", () => {
  expect(ordinaryRoots({}, silentLogger, places())).toEqual({
    nodeDefault: [cert("root.pem").trimEnd()],
    additional: [],
    known: new Set([toBase64(cert("root.pem"))]),
    problems: [],
    origins: [{ name: "Node's default roots", certificates: 1 }],
  });
});

test("the first existing file of the distribution is added, without known roots", () => {
  const first = join(folder, "first.crt");
  writeFileSync(first, `# roots\n${cert("root.pem", "other-root.pem", "other-root.pem")}`);
  const systemFiles = [join(folder, "missing.crt"), first, certPath("twin-root.pem")];
  const logger = recordLog();
  const roots = ordinaryRoots({}, logger, places({ systemFiles, systemStore: () => [cert("twin-root.pem")] }));
  expect(roots.additional).toEqual([cert("other-root.pem")]);
  expect(roots.origins[1]).toEqual({ name: `${first} (the system's)`, certificates: 3 });
  expect(logger.lines).toEqual([]);
});

test("the operating system's store is read if there is no such file", () => {
  const systemStore = () => [cert("root.pem"), cert("other-root.pem")];
  const roots = ordinaryRoots({}, silentLogger, places({ systemFiles: [join(folder, "missing.crt")], systemStore }));
  expect(roots.additional).toEqual([cert("other-root.pem")]);
  expect(roots.origins[1]).toEqual({ name: "the operating system's store", certificates: 2 });
});

test("a store that cannot be read is a warning", () => {
  const logger = recordLog();
  const systemStore = () => {
    throw new Error("keychain locked");
  };
  expect(ordinaryRoots({}, logger, places({ systemStore })).additional).toEqual([]);
  expect(logger.lines).toMatchObject([{ level: "warn", fields: { error: { message: "keychain locked" } } }]);
});

test("NODE_EXTRA_CA_CERTS is read even if Node did not see it", () => {
  const path = certPath("trusted.pem"); // settings behind the certificate are left out
  const roots = ordinaryRoots({ NODE_EXTRA_CA_CERTS: path }, silentLogger, places({ nodeDefault: () => [] }));
  expect(roots.additional).toEqual([cert("root.pem")]);
  expect(roots.origins[1]?.name).toBe(`${path} (NODE_EXTRA_CA_CERTS)`);
});

test("SSL_CERT_DIR is a list of folders with hashed file names", () => {
  const first = join(folder, "hashed");
  const second = join(folder, "hashed-too");
  for (const each of [first, second]) mkdirSync(each);
  writeFileSync(join(first, "0a1b2c3d.0"), cert("other-root.pem"));
  writeFileSync(join(first, "0a1b2c3d.r0"), cert("crl.pem"));
  writeFileSync(join(first, "other.pem"), cert("intermediate.pem"));
  writeFileSync(join(first, "0A1B2C3D.0"), cert("weak-intermediate.pem"));
  writeFileSync(join(second, "ffffffff.12"), cert("twin-root.pem"));
  const env = { SSL_CERT_DIR: [first, "", second].join(delimiter) };
  const logger = recordLog();
  const roots = ordinaryRoots(env, logger, places());
  expect(roots.additional).toEqual([cert("other-root.pem"), cert("twin-root.pem")]);
  expect(logger.lines).toEqual([]);
  expect(roots.origins.slice(1).map(({ name }) => name)).toEqual([
    `${first} (SSL_CERT_DIR)`,
    `${second} (SSL_CERT_DIR)`,
  ]);
});

test("extra certificates that cannot be read are left out with a warning", () => {
  const logger = recordLog();
  const broken = join(folder, "broken.pem");
  writeFileSync(broken, `${cert("other-root.pem")}-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n`);
  const trusted = join(folder, "broken-trusted");
  mkdirSync(trusted);
  writeFileSync(
    join(trusted, "00000000.0"),
    "-----BEGIN TRUSTED CERTIFICATE-----\nMIAA\n-----END TRUSTED CERTIFICATE-----\n",
  );
  const env = { NODE_EXTRA_CA_CERTS: broken, SSL_CERT_DIR: [join(folder, "nowhere"), trusted].join(delimiter) };
  expect(ordinaryRoots(env, logger, places()).additional).toEqual([cert("other-root.pem")]);
  expect(logger.lines.map(({ level, fields }) => [level, fields["path"]])).toEqual([
    ["warn", broken],
    ["warn", join(folder, "nowhere")],
    ["warn", join(trusted, "00000000.0")],
  ]);
  const missing = recordLog();
  ordinaryRoots({ NODE_EXTRA_CA_CERTS: join(folder, "nowhere.pem") }, missing, places());
  expect(missing.lines[0]).toMatchObject({ level: "warn", message: expect.stringContaining("cannot be read") });
  const page = join(folder, "page.pem");
  writeFileSync(page, "<html>log in</html>");
  expect(ordinaryRoots({ NODE_EXTRA_CA_CERTS: page }, recordLog(), places()).problems).toEqual([
    expect.stringMatching(
      /^NODE_EXTRA_CA_CERTS names .*page\.pem, in which no certificate can be read: .* an HTML or XML page/,
    ),
  ]);
});

test("on this system, Node's roots are there, and reading them twice gives the same", () => {
  const roots = ordinaryRoots({}, silentLogger);
  expect(roots.nodeDefault.length).toBeGreaterThanOrEqual(tls.rootCertificates.length);
  expect(ordinaryRoots({}, silentLogger)).toBe(roots);
  expect(ordinaryRoots({ NODE_EXTRA_CA_CERTS: certPath("root.pem") }, silentLogger).additional).toContain(
    cert("root.pem"),
  );
});

test("the same files are read once in a process, and again when one has changed", () => {
  const extra = join(folder, "extra.pem");
  const hashed = join(folder, "hashed-once");
  mkdirSync(hashed);
  writeFileSync(extra, cert("other-root.pem"));
  const env = { NODE_EXTRA_CA_CERTS: extra, SSL_CERT_DIR: hashed };
  const first = ordinaryRoots(env, silentLogger);
  expect(ordinaryRoots(env, silentLogger)).toBe(first);
  writeFileSync(join(hashed, "0a1b2c3d.0"), cert("twin-root.pem"));
  const second = ordinaryRoots(env, silentLogger);
  expect(second.known.has(toBase64(cert("twin-root.pem")))).toBe(true);
  writeFileSync(extra, cert("other-root.pem", "intermediate.pem"));
  expect(ordinaryRoots(env, silentLogger).known.has(toBase64(cert("intermediate.pem")))).toBe(true);
});
