import { describe, expect, it } from "vitest";
import type { ResponseEvent } from "../../../src/index.ts";
import { errorOf } from "../../support/transport.ts";
import { asked, cutOnce, isStream, read, stage } from "./support.ts";

describe("a response that ends otherwise", () => {
  it("is cancelled by somebody else: an error of its own, with what was received", async () => {
    const { api } = await stage({ pace: { delayMsPerWord: 20 } });
    const stream = await api.responses.stream(asked("count to 50"));
    const events: ResponseEvent[] = [];
    const error = await (async () => {
      try {
        for await (const event of stream) {
          events.push(event);
          if (events.filter(({ type }) => type === "output_text.delta").length === 5)
            await api.responses.cancel(stream.position?.responseId ?? "");
        }
      } catch (reason) {
        return reason;
      }
      return undefined;
    })();
    expect(error).toMatchObject({ kind: "cancelled", responseId: stream.position?.responseId, outlook: "never" });
    expect((error as { partial: { text: string } }).partial.text).toMatch(/^1, 2, 3/);
  });

  it("is gone: an error of its own, at once", async () => {
    const { api, emulator } = await stage({
      script: cutOnce({ resetAfterEvents: 3 }, (request) =>
        isStream(request)
          ? { status: 404, body: { error: { message: "not found", code: "response_not_found" } } }
          : undefined,
      ),
    });
    const error = await errorOf(read(await api.responses.stream(asked("count to 9"))));
    expect(error).toMatchObject({ kind: "response_gone", responseId: expect.stringMatching(/^resp_/), replay: "safe" });
    expect(emulator.requests).toHaveLength(2);
  });

  it("fails and is incomplete as any response", async () => {
    const failed = await stage({
      script: cutOnce({ resetAfterEvents: 2, failed: { code: "server_error", message: "no" } }),
    });
    expect(await errorOf(read(await failed.api.responses.stream(asked("x"))))).toMatchObject({ kind: "retryable" });
    expect(failed.generations()).toBe(1);
    const incomplete = await stage({ script: cutOnce({ resetAfterEvents: 2, incomplete: "max_output_tokens" }) });
    const answer = await incomplete.api.responses.create(asked("x"), { incomplete: "end" });
    expect(answer.status).toBe("incomplete");
  });
});
