import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { emulate } from "../support/clients.ts";
import { COMMAND } from "../support/command.ts";

/** Programs that run another one on a pseudo-terminal, which gets what they read and gives what they print. */
const TERMINALS: readonly { readonly program: string; readonly run: (command: readonly string[]) => string[] }[] = [
  {
    program: "python3",
    run: (command) => ["-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)", ...command],
  },
  {
    program: "script",
    run: (command) => ["--quiet", "--return", "--command", command.map(quoted).join(" "), "/dev/null"],
  },
];
const terminal = TERMINALS.find(({ program }) => spawnSync(program, ["--version"]).status === 0);

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command on a terminal: what is typed goes in, what it shows comes out, standard error among it. */
class Terminal {
  readonly ended: Promise<number | null>;
  shown = "";
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[]) {
    const { program, run } = terminal as (typeof TERMINALS)[number];
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, TERM: "dumb" };
    this.#child = spawn(program, run([process.execPath, COMMAND, ...args]), {
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void this.#child.kill("SIGKILL"));
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.shown += text;
      for (const resolve of this.#waiting) resolve();
    });
    this.ended = new Promise((resolve) => this.#child.on("close", resolve));
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async shows(text: string): Promise<void> {
    while (!this.shown.includes(text)) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }
}

it.skipIf(terminal === undefined)("a line typed at a terminal during the answer corrects it", async () => {
  const emulator = await emulate({ pace: { delayMsPerWord: 20 } });
  const typed = new Terminal(["respond", "--base-url", emulator.url, "--carrier", "websocket", "count to 500"]);
  await typed.shows("12, 13");
  typed.type("17*23");
  expect(await typed.ended).toBe(0);
  expect(typed.shown).toMatch(/\n\r?accepted; the answer continues with it/);
  expect(typed.shown).toContain("391");
  expect(typed.shown).not.toContain("500");
  const steers = emulator.requests.map(({ json }) => json as { type?: string; input?: unknown } | undefined);
  expect(steers.find((body) => body?.type === "response.steer")?.input).toMatchObject([
    { role: "user", content: [{ type: "input_text", text: "17*23" }] },
  ]);
});

it.skipIf(terminal === undefined)(
  "a line typed during an answer over HTTP is refused, and the answer is complete",
  async () => {
    const emulator = await emulate({ pace: { delayMsPerWord: 20 } });
    const typed = new Terminal(["respond", "--base-url", emulator.url, "--carrier", "http", "count to 40"]);
    await typed.shows("12, 13");
    typed.type("17*23");
    expect(await typed.ended).toBe(0);
    expect(typed.shown).toContain("not said: ");
    expect(typed.shown).toContain("39, 40");
  },
);

it.skipIf(terminal === undefined)(
  "the wait for the first token is counted from the sending of the request, retries included",
  async () => {
    const emulator = await emulate({ script: [{ status: 500 }, {}] });
    const shown = new Terminal(["respond", "--base-url", emulator.url, "repeat: late"]);
    expect(await shown.ended).toBe(0);
    const [, wait = ""] = /first token (\d+) ms/.exec(shown.shown) ?? [];
    expect(shown.shown).toMatch(/in, \d+ out · first token /); // on one line: the terminal here has no width
    expect(Number(wait)).toBeGreaterThanOrEqual(180); // the shortest delay of a first retry
  },
);
