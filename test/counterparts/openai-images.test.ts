import { expect, it } from "vitest";
import { emulate } from "../support/clients.ts";
import { installed } from "./installed.ts";

interface Sdk {
  readonly images: {
    generate(body: object): Promise<AsyncIterable<{ readonly type: string; readonly b64_json?: string }>>;
    edit(body: object): Promise<{ readonly data: readonly { readonly url?: string; readonly b64_json?: string }[] }>;
  };
  readonly files: {
    create(upload: { readonly file: File; readonly purpose: string }): Promise<{ readonly id: string }>;
    list(query: object): AsyncIterable<{ readonly id: string }>;
    content(id: string): Promise<Response>;
    delete(id: string): Promise<{ readonly deleted: boolean }>;
  };
}

async function open() {
  const emulator = await emulate();
  const { OpenAI } = installed<{ readonly OpenAI: new (options: object) => Sdk }>("openai");
  return { emulator, sdk: new OpenAI({ apiKey: "sk-key", baseURL: emulator.url, maxRetries: 0 }) };
}

it("the SDK streams images from the emulator", async () => {
  const { sdk } = await open();
  const request = { model: "gpt-image-2", prompt: "a fox", stream: true, partial_images: 2 };
  const types: string[] = [];
  for await (const { type } of await sdk.images.generate(request)) types.push(type);
  expect(types).toEqual([
    "image_generation.partial_image",
    "image_generation.partial_image",
    "image_generation.completed",
  ]);
});

it("the SDK's form with images and a mask is what the emulator takes, and answers by address", async () => {
  const { sdk } = await open();
  const file = (name: string) => new File(["png"], name, { type: "image/png" });
  const { data } = await sdk.images.edit({
    image: [file("a.png"), file("b.png")],
    mask: file("mask.png"),
    prompt: "a hat",
    n: 2,
    response_format: "url",
  });
  expect(data).toEqual(Array(2).fill({ url: expect.stringMatching(/^http:/) }));
});

it("the SDK uploads, lists, reads and deletes files of the emulator", async () => {
  const { sdk } = await open();
  const { id } = await sdk.files.create({ file: new File(["contents"], "a.txt"), purpose: "user_data" });
  const listed: string[] = [];
  for await (const file of sdk.files.list({ limit: 1 })) listed.push(file.id);
  expect(listed).toEqual([id]);
  expect(await (await sdk.files.content(id)).text()).toBe("contents");
  expect(await sdk.files.delete(id)).toMatchObject({ deleted: true });
});
