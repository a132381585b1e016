import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { runCommand } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const commands = ["respond", "session", "compact", "memories", "models", "realtime", "doctor", "emulator"];
const listed = [
  ...["respond", "resume", "responses", "session", "compact", "memories", "models"],
  ...["upload", "realtime", "doctor", "gateway", "emulator", "completion"],
];

describe("every command", () => {
  it.each(commands)("%s explains its options with --help, and prints the version", async (command) => {
    const { status, stdout } = await runCommand([command, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^usage: codex-wire ${command} .*\\[OPTIONS\\]\n\n`));
    expect(stdout).toContain("  --log-level LEVEL ");
    const version = await runCommand([command, "--version"]);
    expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it("is explained by `codex-wire help` too", async () => {
    const { stdout } = await runCommand(["respond", "--help"]);
    expect(await runCommand(["help", "respond"])).toMatchObject({ status: 0, stdout });
    const usage = await runCommand(["help"]);
    for (const args of [
      ["help", "help"],
      ["--help", "--json"],
      ["-h", "nothing"],
    ])
      expect(await runCommand(args)).toMatchObject({ status: 0, stdout: usage.stdout });
  });

  it.each(["session", "compact", "memories", "models", "emulator"])("%s takes no argument", async (command) => {
    const { status, stdout, stderr } = await runCommand([command, "stray"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(`codex-wire: ${command} takes no argument, got "stray" (see: codex-wire ${command} --help)\n`);
  });
});

it.each([
  ["respnod", "did you mean respond?"],
  ["Doctor", "did you mean doctor?"],
  ["constructor", `the commands are ${listed.join(", ")}`],
  ["__proto__", `the commands are ${listed.join(", ")}`],
])("refuses the unknown command %s, and lists the commands", async (name, advice) => {
  const { status, stdout, stderr } = await runCommand([name]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toBe(`codex-wire: there is no command "${name}"; ${advice}\n`);
});

it("says how to give a prompt that begins with a dash", async () => {
  const { stderr } = await runCommand(["respond", "- first item"]);
  expect(stderr).toBe(
    "codex-wire: respond has no option - ; write -- before a PROMPT that begins with a dash (see: codex-wire respond --help)\n",
  );
  const emulator = await emulate();
  const args = ["respond", "--base-url", emulator.url, "--", "- repeat: item"];
  expect(await runCommand(args)).toMatchObject({ status: 0 });
});

it("says that options come after the command", async () => {
  const { status, stderr } = await runCommand(["--model", "gpt-5.5", "respond", "hi"]);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'codex-wire: there is no command "--model"; options come after the command (see: codex-wire --help)\n',
  });
});

it.each([
  [["gateway", "--auth", "none"], "65536"],
  [["emulator"], "99999"],
])("%j refuses port %s", async (args, port) => {
  const { status, stderr } = await runCommand([...args, "--port", port]);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `codex-wire: --port takes a port, 0 to 65535; got ${port}\n`,
  });
});

describe("standard input", () => {
  const text = "repeat: größer";
  it.each([
    ["UTF-16 with its byte order mark", Buffer.from(`\u{feff}${text}`, "utf16le")],
    ["UTF-16 with the bytes in the other order", Buffer.from(`\u{feff}${text}`, "utf16le").swap16()],
  ])("is read as %s, which Windows shells write", async (_, input) => {
    const emulator = await emulate();
    const { stdout } = await runCommand(["respond", "--base-url", emulator.url], { input });
    expect(stdout).toBe("größer\n");
  });

  it.each([["respond"], ["respond", "--request", "-"], ["session", "--requests", "-"]])(
    "of %s is refused if it is not valid text, because it would be sent as something else",
    async (...args) => {
      const { status, stdout, stderr } = await runCommand(args, { input: Buffer.from(text, "latin1") });
      expect({ status, stdout, stderr }).toEqual({
        status: 2,
        stdout: "",
        stderr:
          "codex-wire: standard input is not text in UTF-8; convert it, for example with: iconv -f ISO-8859-1 -t UTF-8\n",
      });
    },
  );
});

describe("the key of another company's provider", () => {
  it.each([
    ["xai", "XAI_API_KEY"],
    ["vercel", "AI_GATEWAY_API_KEY"],
    ["openrouter", "OPENROUTER_API_KEY"],
  ])("%s is in %s: OpenAI's is not sent there", async (provider, variable) => {
    const { status, stdout, stderr } = await runCommand(["respond", "--provider", provider, "hi"], {
      env: { OPENAI_API_KEY: "sk-of-openai" },
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: `codex-wire: no key: set ${variable}, or give --api-key-env NAME, or --auth none if none is needed\n`,
    });
  });

  it("is sent from there", async () => {
    const proxy = await emulate();
    const { stderr } = await runCommand(["respond", "--provider", "xai", "--max-retries", "0", "hi"], {
      env: { OPENAI_API_KEY: "sk-of-openai", XAI_API_KEY: "of-xai", HTTPS_PROXY: new URL(proxy.url).origin },
    });
    expect(stderr).toMatch(/^codex-wire: network: /); // a key was found, and the way to the service taken
  });

  it("is the one of OpenAI's variable at an address that the user names", async () => {
    const emulator = await emulate({ requireAuth: "sk-mine" });
    const args = ["respond", "--provider", "xai", "--base-url", emulator.url, "repeat: in"];
    expect(await runCommand(args, { env: { OPENAI_API_KEY: "sk-mine" } })).toMatchObject({ status: 0, stdout: "in\n" });
  });

  it.each([
    ["https://eu-west-1.api.x.ai/v1", "XAI_API_KEY"],
    ["https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"],
    ["https://my.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY"],
  ])("is in its own variable at %s too, whatever the provider is", async (baseUrl, variable) => {
    const { status, stderr } = await runCommand(["respond", "--base-url", baseUrl, "hi"], {
      env: { OPENAI_API_KEY: "sk-of-openai" },
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `codex-wire: no key: set ${variable}, or give --api-key-env NAME, or --auth none if none is needed\n`,
    });
  });

  it.each([
    [
      ["--provider", "xai"],
      { OPENAI_BASE_URL: "https://api.openai.com/v1" },
      "the key is for xAI, and OPENAI_BASE_URL leads to api.openai.com: unset it, or give --base-url too if the key is for that address",
    ],
    [
      [],
      {},
      "XAI_API_KEY holds the key of xAI, and without an address calls go to OpenAI: give --provider xai, or --base-url URL",
    ],
  ])("does not go to an address that only a variable or a default names: %j", async (args, env, message) => {
    const { status, stderr } = await runCommand(["respond", ...args, "--api-key-env", "XAI_API_KEY", "hi"], {
      env: { XAI_API_KEY: "of-xai", ...env },
    });
    expect({ status, stderr }).toEqual({ status: 2, stderr: `codex-wire: ${message}\n` });
  });

  it("goes to any address that is named with it", async () => {
    const emulator = await emulate({ requireAuth: "of-xai" });
    const args = ["respond", "--api-key-env", "XAI_API_KEY", "repeat: in"];
    const env = { XAI_API_KEY: "of-xai" };
    const at = { ...env, OPENAI_BASE_URL: emulator.url };
    expect(await runCommand([...args, "--base-url", emulator.url], { env })).toMatchObject({ stdout: "in\n" });
    expect(await runCommand(args, { env: at })).toMatchObject({ stdout: "in\n" });
  });

  it("is none for a server of the user's own machine", async () => {
    const emulator = await emulate();
    await runCommand(["respond", "--provider", "ollama", "repeat: in"], {
      env: { OPENAI_API_KEY: "sk-of-openai", CODEX_OSS_BASE_URL: emulator.url },
    });
    expect(emulator.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe("the Codex CLI's login", () => {
  const loggedIn = () => {
    const home = temporaryFolder("codex-home");
    writeFileSync(join(home, "auth.json"), JSON.stringify({ tokens: { access_token: "of-chatgpt", account_id: "a" } }));
    return { CODEX_HOME: home };
  };

  it.each([
    [["--provider", "xai"], "api.x.ai", ""],
    [["--provider", "openrouter"], "openrouter.ai", ""],
    [["--base-url", "https://gateway.example/v1"], "gateway.example", ""],
    [[], "gateway.example", " (OPENAI_BASE_URL)"],
  ])("is not sent to another company (parity: auth/login-stays-home): %j", async (args, host, source) => {
    const variable = args.length === 0 ? { OPENAI_BASE_URL: "https://gateway.example/v1" } : {};
    for (const command of [["respond", "hi"], ["gateway"], ["realtime", "hi"]]) {
      const { status, stderr } = await runCommand([...command, "--auth", "codex", ...args], {
        env: { ...loggedIn(), ...variable },
      });
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: `codex-wire: --auth codex: the login belongs to OpenAI and is not sent to ${host}${source}; give that service's own key with --api-key-env NAME, or --auth-host ${host} if it is to get the login\n`,
      });
    }
  });

  it("is sent to a host that --auth-host names, and to this machine", async () => {
    const env = loggedIn();
    const proxy = await emulate();
    const named = ["respond", "--auth", "codex", "--provider", "xai", "--auth-host", "api.x.ai", "--max-retries", "0"];
    const { stderr } = await runCommand([...named, "hi"], { env: { ...env, HTTPS_PROXY: new URL(proxy.url).origin } });
    expect(stderr).toMatch(/^codex-wire: network: /); // the way to the service was taken
    await runCommand(["respond", "--auth", "codex", "--base-url", proxy.url, "hi"], { env });
    expect(proxy.requests.at(-1)?.headers.authorization).toBe("Bearer of-chatgpt");
  });

  it("is what --auth-host is about", async () => {
    const { status, stderr } = await runCommand(["respond", "--auth-host", "gateway.example", "hi"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "codex-wire: --auth-host is for the login of --auth codex\n",
    });
  });
});

describe("the help", () => {
  it.each(listed)("of %s fits 40 columns and has an example", async (command) => {
    const { stdout } = await runCommand([command, "--help"], { env: { COLUMNS: "40" } });
    const [, examples = ""] = stdout.split("\nexamples:\n");
    expect(examples).toContain("  codex-wire");
    const [usage = "", ...lines] = stdout.split("\nexamples:\n", 1)[0]?.split("\n") ?? [];
    expect(usage).toMatch(/^usage: codex-wire /); // a command line is not cut
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
  });

  it("lists the commands in 40 columns", async () => {
    const { stdout } = await runCommand([], { env: { COLUMNS: "40" } });
    expect(stdout.split("\n").filter((line) => line.length > 40)).toEqual([]);
    expect(stdout).toContain("\n  respond\n      stream one response;");
  });
});

describe("an option without effect", () => {
  it.each([
    [["memories", "--request", "-", "--compression", "zstd"], "--compression has no effect in memories"],
    [["models", "--model", "m"], "--model has no effect in models"],
    [["respond", "--request", "-", "--model", "m"], "--model has no effect: --request FILE is sent as it is"],
    [["respond", "--request", "-", "--reasoning", "low"], "--reasoning has no effect: --request FILE is sent as it is"],
    [["respond", "--carrier", "websocket", "--compression", "gzip", "hi"], "--compression is for HTTP bodies"],
    [["compact", "--request", "-", "--compression", "gzip"], "--compression has no effect without --form trigger"],
  ])("is accepted with a warning: %j", async (args, message) => {
    const emulator = await emulate({ unknownParameters: "accept" });
    const request = { model: "m", input: [{ role: "user", content: "hi" }], instructions: "i", traces: [] };
    const { status, stderr } = await runCommand([...args, "--base-url", emulator.url], {
      input: JSON.stringify(request),
    });
    expect(stderr).toContain(`warn: ${message}`);
    expect(status).toBe(0);
  });

  it("is accepted by the gateway too", async () => {
    const { stderr } = await runCommand(["gateway", "--key-stdin", "--model", "m"]);
    expect(stderr).toBe(
      "warn: --model has no effect in gateway\ncodex-wire: --key-stdin: there is no key on standard input\n",
    );
  });

  it.each([
    [["models", "--auth", "none", "--api-key-env", "HOME"], "give --auth or --api-key-env, not both"],
    [
      ["realtime", "--modality", "text", "--out", "/nowhere/x.wav"],
      "--modality text has no sound for --out FILE to hold",
    ],
    [["emulator", "--ca-out", "/nowhere/ca.pem"], "--ca-out goes with --tls: without it there is no certificate"],
  ])("that contradicts another option is a usage error: %j", async (args, message) => {
    const { status, stdout, stderr } = await runCommand(args, { input: "{}" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(typeof message === "string" ? `codex-wire: ${message}\n` : message);
  });
});

it.each(["respond [PROMPT]", "doctor [URL]", "resume ID", "upload FILE", "responses get ID", "completion SHELL"])(
  "the help shows which argument may be left out: %s",
  async (usage) => {
    const { stdout } = await runCommand([...usage.split(" ").slice(0, -1), "--help"]);
    expect(stdout).toContain(`usage: codex-wire ${usage} [OPTIONS]\n`);
  },
);

describe("an option", () => {
  it.each([
    [
      ["respond", "--carier", "http", "x"],
      /^codex-wire: respond has no option --carier; did you mean --carrier\? \(see/,
    ],
    [["respond", "Review this", "-"], "respond takes one argument, PROMPT, got 2: - alone is standard input"],
    [["responses", "gte", "x"], /^codex-wire: responses has no action "gte"; did you mean get\?/],
    [["respond", "--bogus", "x"], "respond has no option --bogus (see: codex-wire respond --help)"],
    [["respond", "--constructor", "x"], "respond has no option --constructor (see: codex-wire respond --help)"],
    [["memories", "--instructions", "x"], "memories has no option --instructions (see: codex-wire memories --help)"],
    [["respond", "--model"], "Option '--model <value>' argument missing (see: codex-wire respond --help)"],
    [["respond", "--auth", "key", "x"], '--auth must be one of codex, none; got "key"'],
    [
      ["respond", "--max-retries", "-1", "x"],
      /: --max-retries needs a value; write --max-retries=VALUE if it begins with a dash \(see/,
    ],
    [["respond", "--max-retries=-1", "x"], '--max-retries takes a whole number, 0 or more; got "-1"'],
    [["respond", "--header", ": v", "x"], "--header takes 'name: value'; one of them has no colon after a name"],
  ])("with an invalid value is a usage error: %j", async (args, message) => {
    const { status, stdout, stderr } = await runCommand(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(typeof message === "string" ? `codex-wire: ${message}\n` : message);
  });

  it("accepts a header of any name", async () => {
    const emulator = await emulate();
    await runCommand(["models", "--base-url", emulator.url, "--header", "__proto__: a:b", "--header", "X-Own:c"]);
    expect(Object.entries(emulator.requests[0]?.headers ?? {})).toContainEqual(["__proto__", "a:b"]);
    expect(emulator.requests[0]?.headers).toMatchObject({ "x-own": "c" });
  });

  it("does not hide --help", async () => {
    const { status, stdout } = await runCommand(["respond", "--max-retries", "x", "-h", "a", "b"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^usage: /);
  });
});
