import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { FilesClient } from "../../../src/api/endpoints/files/client.ts";
import { ImagesClient } from "../../../src/api/endpoints/images/client.ts";
import type { ImageStreamEvent } from "../../../src/api/endpoints/images/events.ts";
import type { EmulatorOptions, RecordedRequest } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { standstill } from "../../support/standstill.ts";
import { errorOf } from "../../support/transport.ts";

const png = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

async function open(options: EmulatorOptions = {}) {
  const emulator = await emulate(options);
  const client = new ImagesClient(clientOptions(emulator.url, { retry: { maxRetries: 0 } }));
  return { emulator, client, sent: () => emulator.requests[0] as RecordedRequest };
}

/** The parts of a form that was received. */
async function formOf({ body, headers }: RecordedRequest): Promise<Record<string, unknown>> {
  const type = headers["content-type"] ?? "";
  const form = await new Response(Buffer.from(body), { headers: { "content-type": type } }).formData();
  const shown = async (value: string | File) =>
    typeof value === "string" ? value : `${value.name} (${value.type}): ${(await value.arrayBuffer()).byteLength}`;
  const names = [...new Set(form.keys())];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await Promise.all(form.getAll(name).map(shown))])),
  );
}

describe("images", () => {
  it("are generated as base64", async () => {
    const { client, sent } = await open();
    const request = { model: "gpt-image-2", prompt: "a fox", n: 2, quality: "high", size: "1024x1536" };
    const answer = await client.generate({ ...request, extra: { later: 1 } });
    expect(answer).toMatchObject({ created: expect.any(Number), quality: "high", size: "1024x1536", usage: {} });
    expect(answer.data.map(({ b64_json = "" }) => Buffer.from(b64_json, "base64").subarray(1, 4).toString())).toEqual([
      "PNG",
      "PNG",
    ]);
    expect([sent().path, sent().json]).toEqual(["/v1/images/generations", { ...request, later: 1 }]);
  });

  it("are told by their addresses where that is asked for, which need no key", async () => {
    const emulator = await emulate({ requireAuth: "sk-key" });
    const client = new ImagesClient({ ...clientOptions(emulator.url), auth: apiKeyAuth("sk-key") });
    const { data } = await client.generate({ model: "m", prompt: "p", response_format: "url" });
    expect(data).toEqual([{ url: expect.stringMatching(/^http:/) }]);
    const image = await fetch(data[0]?.url ?? "");
    expect(
      Buffer.from(await image.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });

  it("are edited, named by URL, data URL or file id, with a mask", async () => {
    const { emulator, client } = await open();
    const { fileId } = await new FilesClient(clientOptions(emulator.url)).upload({ name: "a.png", bytes: png });
    const request = {
      images: [{ image_url: `data:image/png;base64,${png.toString("base64")}` }, { file_id: fileId }],
      mask: { file_id: fileId },
      prompt: "add a hat",
    };
    expect((await client.edit(request)).data).toHaveLength(1);
    expect([emulator.requests.at(-1)?.path, emulator.requests.at(-1)?.json]).toEqual(["/v1/images/edits", request]);
    const unknown = await errorOf(client.edit({ ...request, mask: { file_id: "file-none" } }));
    expect(unknown).toMatchObject({ status: 404, message: expect.stringContaining("file-none") });
  });

  it("go out as a form where they are files, each with its content type", async () => {
    const folder = await mkdtemp(join(tmpdir(), "images-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'a "fox".webp');
    await writeFile(path, png);
    const { client, sent } = await open();
    const answer = await client.edit({
      model: "gpt-image-2",
      images: [{ path }, { name: "b.jpg", bytes: png }, { name: "c", bytes: png, type: "image/gif" }],
      mask: { name: "mask.png", bytes: png },
      prompt: "größer",
      n: 2,
      background: null,
      svg: { model: "s", reasoning: { effort: "low" } },
    });
    expect(answer.data).toHaveLength(2);
    expect(Number(sent().headers["content-length"])).toBe(sent().wireBytes);
    expect(await formOf(sent())).toEqual({
      model: ["gpt-image-2"],
      prompt: ["größer"],
      n: ["2"],
      "svg[model]": ["s"],
      "svg[reasoning][effort]": ["low"],
      "image[]": ['a "fox".webp (image/webp): 8', "b.jpg (image/jpeg): 8", "c (image/gif): 8"],
      mask: ["mask.png (image/png): 8"],
    });
  });

  it("alone in a form has the name of one", async () => {
    const { client, sent } = await open();
    await client.edit({ images: [{ name: "a.png", bytes: png }], prompt: "p" });
    expect(await formOf(sent())).toEqual({ prompt: ["p"], image: ["a.png (image/png): 8"] });
  });

  it("are read anew when the form is sent again", async () => {
    const emulator = await emulate({ script: [{ status: 500 }] });
    const client = new ImagesClient(clientOptions(emulator.url));
    await client.edit({ images: [{ name: "a.png", bytes: png }], prompt: "p" });
    expect(emulator.requests).toHaveLength(2);
    expect(await formOf(emulator.requests[1] as RecordedRequest)).toHaveProperty("image");
  });

  it("that are no images are refused by the service", async () => {
    const { client } = await open();
    const error = await errorOf(client.edit({ images: [{ name: "a.zip", bytes: png }], prompt: "p" }));
    expect(error).toMatchObject({ kind: "invalid_request", message: expect.stringContaining("unsupported mimetype") });
  });

  it("are not sent where files and references are mixed, or the backend takes no files", async () => {
    const { emulator, client } = await open();
    const mixed = { images: [{ name: "a.png", bytes: png }], mask: { file_id: "file-1" }, prompt: "p" };
    expect(await errorOf(client.edit(mixed))).toMatchObject({ kind: "build", message: expect.stringContaining("mix") });
    const chatgpt = new ImagesClient(clientOptions(`${emulator.origin}/backend-api/codex`));
    const files = { images: [{ name: "a.png", bytes: png }], prompt: "p" };
    expect(await errorOf(chatgpt.edit(files))).toMatchObject({
      kind: "build",
      message: expect.stringContaining("data: URL"),
    });
    expect(emulator.requests).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{ created: 1 }, "missing field `data`"],
    [{ data: [] }, "missing field `created`"],
    [{ created: "now", data: [] }, "created: invalid type: string, expected u64"],
    [{ created: 1, data: {} }, "data: invalid type: map, expected a sequence"],
    [{ created: 1, data: [{}] }, "data[0]: missing field `b64_json`"],
    [{ created: 1, data: [{ url: 1 }] }, "data[0].url: invalid type: integer `1`, expected a string"],
  ])("an answer %j is a protocol error", async (body, why) => {
    const { client } = await open({
      script: [
        { status: 200, body },
        { status: 200, body },
      ],
    });
    const generated = await errorOf(client.generate({ model: "m", prompt: "p" }));
    expect(generated).toMatchObject({
      kind: "protocol",
      message: `failed to decode image generation response: ${why}`,
    });
    const edited = await errorOf(client.edit({ images: [{ image_url: "x" }], prompt: "p" }));
    expect(edited).toMatchObject({ kind: "protocol", message: `failed to decode image edit response: ${why}` });
  });

  it("are not asked for without a prompt, a model or something to edit, or with a field twice", async () => {
    const client = new ImagesClient(clientOptions("http://127.0.0.1:9"));
    expect(await errorOf(client.generate({ model: "m" } as never))).toMatchObject({ kind: "build" });
    expect(await errorOf(client.generate({ prompt: "p" } as never))).toMatchObject({ kind: "build" });
    expect(await errorOf(client.edit({ prompt: "p", images: [] }))).toMatchObject({ kind: "build" });
    const doubled = { model: "m", prompt: "p", n: 1, extra: { n: 2 } };
    expect(await errorOf(client.generate(doubled))).toMatchObject({
      kind: "build",
      message: expect.stringContaining("extra.n"),
    });
  });
});

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
    const { client, sent } = await open();
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
    const { client } = await open();
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
    const { client } = await open({ script: [step] });
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
    const { client } = await open({ script: [{ status: 200, headers, body: `data: [DONE]\n\n${body}` }] });
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
    const { emulator, client } = await open({ script: [{ stallAfterEvents: 1 }] });
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
    const { client } = await open({
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
