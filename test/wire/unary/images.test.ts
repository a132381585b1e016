import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { FilesClient } from "../../../src/api/endpoints/files/client.ts";
import { ImagesClient } from "../../../src/api/endpoints/images/client.ts";
import type { RecordedRequest } from "../../../src/emulator/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";
import { errorOf } from "../../support/transport.ts";
import { openImages, png } from "./support.ts";

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
    const { client, sent } = await openImages();
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
    const { emulator, client } = await openImages();
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
    const { client, sent } = await openImages();
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
    const { client, sent } = await openImages();
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
    const { client } = await openImages();
    const error = await errorOf(client.edit({ images: [{ name: "a.zip", bytes: png }], prompt: "p" }));
    expect(error).toMatchObject({ kind: "invalid_request", message: expect.stringContaining("unsupported mimetype") });
  });

  it("are not sent where files and references are mixed, or the backend takes no files", async () => {
    const { emulator, client } = await openImages();
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
    [{ created: 1, data: {} }, "data: invalid type: map, expected a sequence"],
    [{ created: 1, data: [{}] }, "data[0]: missing field `b64_json`"],
    [{ created: 1, data: [{ url: 1 }] }, "data[0].url: invalid type: integer `1`, expected a string"],
  ])("an answer %j is a protocol error", async (body, why) => {
    const { client } = await openImages({
      script: [
        { status: 200, body },
        { status: 200, body },
      ],
    });
    const generated = await errorOf(client.generate({ model: "m", prompt: "p" }));
    expect(generated).toMatchObject({
      kind: "protocol",
      message: expect.stringContaining(`failed to decode image generation response: ${why}`),
    });
    const edited = await errorOf(client.edit({ images: [{ image_url: "x" }], prompt: "p" }));
    expect(edited).toMatchObject({
      kind: "protocol",
      message: expect.stringContaining(`failed to decode image edit response: ${why}`),
    });
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
