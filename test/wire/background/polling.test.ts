import { describe, expect, it } from "vitest";
import { textOf } from "../../support/clients.ts";
import { asked, cutOnce, hurriedClock, isAsk, isStream, read, stage } from "./support.ts";

describe("where the service does not stream again", () => {
  const reading = async (cut: number, prompt = "count to 9") => {
    const staged = await stage(
      { script: cutOnce({ resetAfterEvents: cut, pace: { delayMsPerWord: 5 } }), backgroundStreamableMs: 0 },
      {},
      { clock: hurriedClock },
    );
    const stream = await staged.api.responses.stream(asked(prompt));
    const events = await read(stream);
    return { ...staged, events, stream };
  };

  it("asks until it is done, and brings the rest of the text as one delta, then the item, then the end", async () => {
    const { events, emulator, generations, stream } = await reading(8);
    expect(textOf(events)).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
    const from = events.findIndex(({ type }) => type === "resumed");
    expect(events[from]).toMatchObject({ by: "polling" });
    expect(events.slice(from + 1).map(({ type }) => type)).toEqual([
      "output_text.delta",
      "output_item.done",
      "completed",
    ]);
    expect(emulator.requests.filter(isAsk)).not.toHaveLength(0);
    expect(emulator.requests.filter(isStream)).toHaveLength(1);
    expect(generations()).toBe(1);
    expect(stream.position).toMatchObject({ finished: [0], underWay: {} });
  });

  it("asks again for as long as the response runs", async () => {
    const running = { id: "resp_1", status: "in_progress", output: [] };
    const message = { type: "message", role: "assistant", content: [{ type: "output_text", text: "done" }] };
    const answers: readonly object[] = [running, running, { ...running, status: "completed", output: [message] }];
    let asks = 0;
    const script = cutOnce(
      { events: [{ type: "response.created", sequence_number: 0, response: running }] },
      (request) => (isStream(request) ? { status: 400, body: {} } : { status: 200, body: answers[asks++] ?? {} }),
    );
    const { api, emulator } = await stage({ script }, {}, { clock: hurriedClock });
    const events = await read(await api.responses.stream(asked("x")));
    expect(textOf(events)).toBe("done");
    expect(emulator.requests.filter(isAsk)).toHaveLength(3);
  });

  it("brings nothing twice, wherever it broke", async () => {
    for (let cut = 1; cut <= 24; cut += 1) {
      const { events } = await reading(cut);
      expect(textOf(events), `cut after ${cut}`).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
      expect(
        events.filter(({ type }) => type === "output_item.done"),
        `cut after ${cut}`,
      ).toHaveLength(1);
    }
  });

  it("goes on asking when one answer fails", async () => {
    let asks = 0;
    const { api, notices } = await stage(
      {
        script: cutOnce({ resetAfterEvents: 4 }, (request) => {
          if (!isAsk(request)) return undefined;
          asks += 1;
          return asks === 1 ? { status: 502 } : undefined;
        }),
        backgroundStreamableMs: 0,
      },
      { retry: { maxRetries: 0 } },
      { clock: hurriedClock },
    );
    expect((await api.responses.create(asked("count to 9"))).text).toBe("1, 2, 3, 4, 5, 6, 7, 8, 9");
    expect(notices.map(({ layer }) => layer)).toEqual(["resume", "resume"]);
  });
});
