import { describe, expect, it } from "vitest";
import { AbortedError, ProtocolError, StreamError } from "../../../../src/client/failure/kinds.ts";
import { type BodyLimits, readBody } from "../../../../src/client/http/body-reader.ts";
import type { ByteSink, ByteStream } from "../../../../src/client/transport.ts";

/** A body whose sink the test feeds. */
function openBody() {
  let sink: ByteSink | undefined;
  let cancelled = false;
  const stream: ByteStream = {
    pipe(taker) {
      sink = taker;
    },
    pause() {},
    resume() {},
    cancel() {
      cancelled = true;
    },
  };
  return {
    stream,
    send: (text: string) => sink?.chunk(Buffer.from(text)),
    fail: (error: Error) => sink?.fail(error),
    isCancelled: () => cancelled,
  };
}

const limits = (more: Partial<BodyLimits>): BodyLimits => ({
  maxBytes: 10,
  idleTimeoutMs: 0,
  whenIncomplete: "cut",
  ...more,
});

describe("a body that never becomes complete", () => {
  it.each<[string, Partial<BodyLimits>, (body: ReturnType<typeof openBody>) => void]>([
    ["falls silent", { idleTimeoutMs: 10 }, () => {}],
    ["takes too long, however busy", { totalMs: 10 }, () => {}],
    ["is too large", {}, (body) => body.send("and a half that is too much")],
    ["breaks off", {}, (body) => body.fail(new StreamError("broken"))],
    ["cannot be decompressed further", {}, (body) => body.fail(new ProtocolError("not gzip"))],
  ])("is judged by its beginning when it %s", async (_what, bounds, end) => {
    const body = openBody();
    const reading = readBody(body.stream, limits(bounds));
    body.send("half");
    end(body);
    expect(Buffer.from(await reading).toString()).toMatch(/^half/);
    expect(Buffer.from(await reading).length).toBeLessThanOrEqual(10);
  });

  it("says why if not even its beginning can be decompressed", async () => {
    const body = openBody();
    const reading = readBody(body.stream, limits({}));
    body.fail(new ProtocolError("not gzip"));
    await expect(reading).rejects.toMatchObject({ kind: "protocol", message: "not gzip" });
  });

  it("is cancelled by a time-out, which is named", async () => {
    const body = openBody();
    const reading = readBody(body.stream, limits({ totalMs: 10, whenIncomplete: "fail" }));
    body.send("half");
    await expect(reading).rejects.toMatchObject({ kind: "timeout", phase: "idle", timeoutMs: 10 });
    expect(body.isCancelled()).toBe(true);
  });

  it("ends with an abort if it is aborted", async () => {
    const body = openBody();
    const reading = readBody(body.stream, limits({}));
    body.send("half");
    body.fail(new AbortedError("why"));
    await expect(reading).rejects.toMatchObject({ kind: "aborted", cause: "why" });
  });
});
