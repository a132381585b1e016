import { describe, expect, it } from "vitest";
import { ImagesClient } from "../../../src/api/endpoints/images/client.ts";
import type { ImageStreamEvent } from "../../../src/api/endpoints/images/events.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { standstill } from "../../support/standstill.ts";
import { openImages, png } from "./support.ts";

describe("a stream of images", () => {
  const request = { model: "gpt-image-2", prompt: "a fox", partial_images: 2 };
  const picture = { b64Json: expect.any(String), createdAt: expect.any(Number), outputFormat: "png", size: "1x1" };

  async function read(events: AsyncIterable<ImageStreamEvent>) {
    const seen: ImageStreamEvent[] = [];
    try {
      for await (const event of events) seen.push(event);
      return { seen, error: undefined };
    } catch (error) {
      return { seen, error };
    }
  }

  it("brings pictures of the unfinished image, then the image", async () => {
    const { client, sent } = await openImages();
    const stream = await client.streamGeneration(request);
    const { seen } = await read(stream);
    expect(seen).toEqual([
      { type: "partial_image", partialImageIndex: 0, background: "opaque", quality: "medium", ...picture },
      { type: "partial_image", partialImageIndex: 1, background: "opaque", quality: "medium", ...picture },
      { type: "completed", background: "opaque", quality: "medium", ...picture, usage: expect.any(Object) },
    ]);
    expect(seen[0]?.raw).toMatchObject({ type: "image_generation.partial_image", partial_image_index: 0 });
    expect(stream.requestId).toEqual(expect.any(String));
    expect(sent()).toMatchObject({ json: { ...request, stream: true }, headers: { accept: "text/event-stream" } });
  });

  it("brings each of several images, of edits too, from a form as well", async () => {
    const { client } = await openImages();
    const edits = { images: [{ name: "a.png", bytes: png }], prompt: "p", n: 3, partial_images: 1 };
    const { seen } = await read(await client.streamEdit(edits));
    expect(seen.map(({ type }) => type)).toEqual(Array(3).fill(["partial_image", "completed"]).flat());
    const images = await (
      await client.streamEdit({ ...edits, images: [{ image_url: "https://pictures.test/a.png" }] })
    ).collect();
    expect(images.map(({ type }) => type)).toEqual(Array(3).fill("completed"));
  });

  it.each<[string, object, object]>([
    ["is cut short", { endAfterEvents: 1 }, { kind: "stream", message: "stream closed before the image was complete" }],
    ["is reset", { resetAfterEvents: 1 }, { kind: expect.stringMatching(/^(network|stream)$/) }],
    [
      "is refused on the way",
      { events: [{ type: "image_generation.partial_image", b64_json: "AA==" }, refusal("moderation_blocked")] },
      { kind: "invalid_request", code: "moderation_blocked" },
    ],
    [
      "is refused in the form of gateways",
      { events: [{ type: "image_generation.partial_image", b64_json: "AA==" }, { error: { message: "no" } }] },
      { message: "no" },
    ],
    [
      "holds a damaged event",
      { events: [{ type: "image_generation.partial_image", b64_json: "AA==" }], raw: damaged() },
      { kind: "stream", message: expect.stringContaining("damaged") },
    ],
  ])("that %s tells what came before, and then why", async (_what, step, failure) => {
    const { client } = await openImages({ script: [step] });
    const { seen, error } = await read(await client.streamGeneration(request));
    expect(seen.map(({ type }) => type)).toEqual(["partial_image"]);
    expect(error).toMatchObject(failure);
  });

  it.each([
    ["whole, with no blank line behind it", "\n", { kind: "completed" }],
    ["cut off in its middle", "", { kind: "stream" }],
  ])("whose last event is %s", async (_what, end, { kind }) => {
    const last = `data: ${JSON.stringify({ type: "image_generation.completed", b64_json: "AA==" })}`;
    const body = end === "" ? last.slice(0, -9) : last + end;
    const headers = { "content-type": "text/event-stream" };
    const { client } = await openImages({ script: [{ status: 200, headers, body: `data: [DONE]\n\n${body}` }] });
    const { seen, error } = await read(await client.streamGeneration(request));
    expect(seen.map(({ type }) => type)).toEqual(kind === "completed" ? ["completed"] : []);
    if (kind === "completed") expect(error).toBeUndefined();
    else expect(error).toMatchObject({ kind });
  });

  it("that says nothing more is ended by the idle timeout", async () => {
    const emulator = await emulate({ script: [{ stallAfterEvents: 1 }] });
    const client = new ImagesClient(clientOptions(emulator.url, { streamIdleTimeoutMs: 50 }));
    const { seen, error } = await read(await client.streamGeneration(request));
    expect([seen.length, error]).toMatchObject([1, { kind: "timeout", phase: "idle", timeoutMs: 50 }]);
  });

  it("ends at once when the caller aborts, and its connection with it", async () => {
    const { emulator, client } = await openImages({ script: [{ stallAfterEvents: 1 }] });
    const abort = new AbortController();
    const stream = await client.streamGeneration(request, { signal: abort.signal });
    const reading = read(stream);
    abort.abort("enough");
    expect((await reading).error).toMatchObject({ kind: "aborted", cause: "enough" });
    await emulator.waitForClosedResponses(1);
  });

  it("that is left early closes its connection, and the call is told as left", async () => {
    const ends: unknown[] = [];
    const emulator = await emulate({ script: [{ stallAfterEvents: 2 }] });
    const telemetry = { onCallEnd: (end: object) => void ends.push(end) };
    const client = new ImagesClient({ ...clientOptions(emulator.url), telemetry });
    for await (const event of await client.streamGeneration(request)) {
      expect(event.type).toBe("partial_image");
      break;
    }
    expect(ends).toMatchObject([{ endpoint: "images/generations", model: "gpt-image-2", outcome: "left" }]);
    await emulator.waitForClosedResponses(1);
  });

  it("is held back by a reader who does not keep up, and loses nothing", async () => {
    const count = 64;
    let sent = 0;
    const partial = {
      type: "image_generation.partial_image",
      b64_json: "A".repeat(512 * 1024),
      partial_image_index: 0,
    };
    const frame = `data: ${JSON.stringify(partial)}\n\n`;
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const next = (): void => {
        if (sent === count) response.end('data: {"type":"image_generation.completed","b64_json":"AA=="}\n\n');
        else
          response.write(frame, () => {
            sent += 1;
            next();
          });
      };
      next();
    });
    const stream = await new ImagesClient(clientOptions(url)).streamGeneration(request);
    await standstill(() => sent);
    expect(sent).toBeLessThan(count / 2);
    const { seen, error } = await read(stream);
    expect([seen.length, error]).toEqual([count + 1, undefined]);
  });

  it("keeps what it does not know, and tells telemetry", async () => {
    const skipped: unknown[] = [];
    const done = { type: "image_generation.completed", b64_json: "AA==" };
    const emulator = await emulate({ script: [{ events: [{ type: "image_generation.queued", place: 3 }, done] }] });
    const telemetry = { onSkippedEvent: (event: object) => void skipped.push(event) };
    const client = new ImagesClient({ ...clientOptions(emulator.url), telemetry });
    const { seen } = await read(await client.streamGeneration(request));
    expect(seen).toEqual([
      { type: "wire", event: { type: "image_generation.queued", place: 3 } },
      { type: "completed", b64Json: "AA==" },
    ]);
    expect(skipped).toMatchObject([{ type: "image_generation.queued", reason: "unknown type" }]);
  });

  it("whose answer is a page is a protocol error", async () => {
    const { client } = await openImages({
      script: [{ status: 200, headers: { "content-type": "text/html" }, body: "<html>sign in" }],
    });
    const { error } = await read(await client.streamGeneration(request));
    expect(error).toMatchObject({ kind: "protocol", message: expect.stringContaining("sign in") });
  });
});

function refusal(code: string) {
  return { type: "error", error: { type: "invalid_request_error", code, message: "no" } };
}

function damaged() {
  const whole = JSON.stringify({ type: "image_generation.partial_image", b64_json: "AA==" });
  return [`data: ${whole}\n\n`, 'data: {"type": "image_gen\n\n'];
}
