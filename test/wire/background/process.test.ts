import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import type { ResponseEvent, ResponsePosition } from "../../../src/index.ts";
import { bundledProgram } from "../../support/bundled-program.ts";
import { ofResponse, read, stage } from "./support.ts";

const reader = bundledProgram(join(import.meta.dirname, "reader-main.ts"));

interface Line {
  readonly event: ResponseEvent;
  readonly position?: ResponsePosition;
}

/** The output of a process that was killed after this many pieces of text. */
async function readUntilKilled(url: string, pieces: number): Promise<Line[]> {
  const child = spawn(process.execPath, [reader.path, url, "count to 20"], { env: {} });
  const lines: Line[] = [];
  let seen = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    if (line.event.type === "output_text.delta") seen += 1;
    if (seen === pieces) child.kill("SIGKILL");
  }
  return lines;
}

it.each([1, 4, 9])(
  "a process that was killed after %i pieces of text is gone on from by another, with no event twice and none missing",
  async (pieces) => {
    const { emulator, api, generations } = await stage({ pace: { delayMsPerWord: 15 } });
    const lines = await readUntilKilled(emulator.url, pieces);
    const position = lines.at(-1)?.position;
    if (position === undefined) throw new Error("nothing was saved");
    const rest = await read(await api.responses.resume(position.responseId, { after: position }));
    const whole = await read(await api.responses.resume(position.responseId));
    const before = lines.map(({ event }) => event);
    expect(before.some(({ type }) => type === "completed")).toBe(false);
    expect(ofResponse([...before, ...rest])).toEqual(ofResponse(whole));
    expect(generations()).toBe(1);
  },
  30_000,
);
