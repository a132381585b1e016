import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Finished, runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function file(name: string): string {
  const folder = temporaryFolder("emulator");
  return join(folder, name);
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly url: string;
}

/** Runs the emulator until `use` ends, which gets its output up to when it listens. */
function serving(args: readonly string[], use: (said: Said) => Promise<unknown>): Promise<Finished> {
  return runCommand(["emulator", "--fast", ...args], {
    onStart: (child) => {
      let stdout = "";
      let stderr = "";
      child.stdout?.on("data", (text) => {
        stdout += text;
      });
      const onText = (text: string): void => {
        stderr += text;
        const url = /the emulator listens.*--base-url (\S+)/.exec(stderr)?.[1];
        if (url === undefined) return;
        child.stderr?.off("data", onText);
        use({ stdout, stderr, url }).finally(() => child.kill("SIGINT"));
      };
      child.stderr?.on("data", onText);
    },
  });
}

const PEM = /-----BEGIN CERTIFICATE-----.*-----END CERTIFICATE-----\n/s;

describe("codex-wire emulator", () => {
  it("reports a port in use, and how to choose another", async () => {
    const taken = createServer();
    onTestFinished(() => void taken.close());
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const port = String((taken.address() as { port: number }).port);
    const { status, stderr } = await runCommand(["emulator", "--port", port]);
    expect(stderr).toBe(`codex-wire: port ${port} cannot be listened on (EADDRINUSE); choose another with --port\n`);
    expect(status).toBe(2);
  });

  it("answers by the scenario in a file", async () => {
    const path = file("scenario.json");
    writeFileSync(path, '{"rules":[{"reply":{"answer":"from the file"}}]}');
    let answered = "";
    await serving(["--scenario", path], async ({ url }) => {
      answered = (await runCommand(["respond", "--base-url", url, "hi"])).stdout;
    });
    expect(answered).toBe("from the file\n");
  });

  it("reports what is wrong with a scenario", async () => {
    const path = file("scenario.json");
    writeFileSync(path, '{"rules":[{"reply":{"anwser":"a"}}]}');
    const { status, stderr } = await runCommand(["emulator", "--scenario", path]);
    expect(stderr).toContain(
      `the scenario ${path} cannot be used: a reply of rule 1 has an unknown name \`anwser\`; did you mean \`answer\`?`,
    );
    expect(status).toBe(2);
  });

  it("records the traffic, and replays it without the service", async () => {
    const [path, scenario] = [join(file("recordings"), ".."), file("scenario.json")];
    writeFileSync(scenario, '{"rules":[{"reply":{"answer":"once said"}}]}');
    const answers: string[] = [];
    const ask = async ({ url }: Said): Promise<void> => {
      answers.push((await runCommand(["respond", "--base-url", url, "a private question"])).stdout);
    };
    await serving(["--scenario", scenario], async (upstream) => {
      const recording = ["--record", path, "--upstream", upstream.url, "--omit-prompts"];
      await serving(recording, ask);
    });
    const [name = ""] = readdirSync(path);
    expect(readFileSync(join(path, name), "utf8")).toContain("once said");
    expect(readFileSync(join(path, name), "utf8")).not.toContain("private question");
    await serving(["--replay", path, "--original-timing"], ask);
    expect(answers).toEqual(["once said\n", "once said\n"]);
  });

  it.each([
    [["--record", "d"], "--record DIR and --upstream URL go together"],
    [["--upstream", "http://127.0.0.1:1"], "--record DIR and --upstream URL go together"],
    [
      ["--record", "d", "--upstream", "http://127.0.0.1:1", "--replay", "d"],
      "--record and --replay do not go together",
    ],
    [["--omit-prompts"], "--omit-prompts goes with --record"],
    [["--original-timing"], "--original-timing goes with --replay"],
    [["--record", "/proc/none", "--upstream", "nowhere"], 'the upstream "nowhere" is not an http or https address'],
    [["--replay", "/does/not/exist"], "the folder /does/not/exist of the recordings cannot be read (ENOENT)"],
    [["--replay", tmpdir()], `the folder ${tmpdir()} has no recordings`],
  ])("refuses %j", async (args, message) => {
    const { status, stderr } = await runCommand(["emulator", ...args]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it.each<[string, readonly string[], (said: Said, path: string) => string]>([
    ["on standard error", [], ({ stderr }) => PEM.exec(stderr)?.[0] ?? ""],
    ["in the line of --json", ["--json"], ({ stdout }) => (JSON.parse(stdout) as { readonly caPem: string }).caPem],
    ["in the file of --ca-out", ["--ca-out"], (_said, path) => readFileSync(path, "utf8")],
  ])("gives out its CA certificate %s, and nowhere else", async (_where, args, certificateOf) => {
    const path = file("ca.pem");
    const trusted = file("trusted.pem");
    let answer: Finished | undefined;
    const options = args.flatMap((arg) => (arg === "--ca-out" ? [arg, path] : [arg]));
    const { status, stdout, stderr } = await serving(["--tls", ...options], async (said) => {
      writeFileSync(trusted, certificateOf(said, path));
      const env = { CODEX_CA_CERTIFICATE: trusted };
      answer = await runCommand(["respond", "--base-url", said.url, "repeat: hi"], { env });
    });
    expect(answer).toMatchObject({ status: 0, stdout: "hi\n" });
    expect(status).toBe(130);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(PEM.test(stderr)).toBe(args.length === 0);
  });

  it("logs requests if asked to", async () => {
    const { stderr } = await serving(["--log-level", "info"], ({ url }) => fetch(`${url}/models`));
    expect(stderr).toContain('info: request {"kind":"http","method":"GET","path":"/v1/models"}\n');
  });

  it("reports that its CA certificate cannot be written", async () => {
    const { status, stderr } = await runCommand(["emulator", "--tls", "--ca-out", "/nowhere/ca.pem"]);
    expect(stderr).toBe("codex-wire: /nowhere/ca.pem cannot be written: ENOENT\n");
    expect(status).toBe(2);
  });
});
