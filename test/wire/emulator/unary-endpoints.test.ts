import { expect, it } from "vitest";
import { HttpError } from "../../../src/client/failure/kinds.ts";
import { emulate } from "../../support/clients.ts";
import { openTransport } from "../../support/transport.ts";

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | object;
}

/** Status, headers and body of an answer, a refusal's too. */
async function send(url: string, { method = "POST", headers = {}, body }: Sent) {
  const type = typeof body === "object" ? { "content-type": "application/json" } : {};
  const content = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const request = { method, url, headers: { ...type, ...headers }, body: content && Buffer.from(content) };
  try {
    const answer = await openTransport().execute({ ...request, body: request.body || undefined });
    return { status: answer.status, headers: answer.headers, text: Buffer.from(answer.body).toString() };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { status: error.status, headers: error.headers, text: error.body };
  }
}

/** A form with an image and these fields, `name=value` each. */
function form(...fields: readonly string[]): Sent {
  const part = (name: string, more: string, value: string) =>
    `--cut\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const image = part("image", `; filename="a.png"\r\ncontent-type: image/png`, "png");
  const texts = fields.map((field) => part(field.split("=")[0] ?? "", "", field.split("=")[1] ?? ""));
  return {
    headers: { "content-type": "multipart/form-data; boundary=cut" },
    body: `${image}${texts.join("")}--cut--\r\n`,
  };
}

it.each<[string, Sent, number, RegExp]>([
  ["/alpha/search", { body: { model: "m" } }, 400, /'id'/],
  ["/alpha/search", { body: { id: "s" } }, 400, /'model'/],
  ["/images/generations", { body: { prompt: "p" } }, 400, /'model'/],
  ["/images/generations", { body: { model: "m" } }, 400, /'prompt'/],
  ["/images/generations", { body: { model: "m", prompt: "p", n: 0 } }, 400, /'n'/],
  ["/images/edits", { body: { prompt: "p", images: [] } }, 400, /'images'/],
  ["/images/edits", { body: { prompt: "p", images: Array(17).fill({ file_id: "f" }) } }, 400, /maximum length 16/],
  [
    "/images/edits",
    { body: { prompt: "p", images: [{ image_url: "data:image/png;base64,Zm9v" }] } },
    400,
    /images\[0\]/,
  ],
  [
    "/images/edits",
    { ...form("model=gpt-image-1", "prompt=p", "n=many") },
    400,
    /expected an integer, but got a string/,
  ],
  ["/realtime/calls", { headers: { "content-type": "application/sdp" }, body: "hello" }, 400, /SDP offer is missing/],
  ["/realtime/calls", { headers: { "content-type": "text/plain" }, body: "v=0" }, 400, /SDP offer is missing/],
  ["/realtime/calls", { body: { session: {} } }, 400, /SDP offer is missing/],
  ["/files", { body: { file_name: "f", use_case: "codex" } }, 400, /'file_size'/],
  ["/files", { body: { file_name: "f", file_size: 1 } }, 400, /'use_case'/],
  ["/files/file_x/uploaded", { body: {} }, 404, /file_x/],
  ["/files", { method: "PUT" }, 405, /Invalid method/],
  ["/realtime", { method: "GET" }, 426, /WebSocket/],
  ["/files/file_x/nothing", { body: {} }, 404, /Invalid URL/],
])("refuses %s with %j", async (path, sent, status, message) => {
  const { url } = await emulate();
  const answer = await send(url + path, sent);
  expect(answer.status).toBe(status);
  expect(answer.text).toMatch(message);
});

it("lists more files than a page of anything else, and those of one purpose", async () => {
  const { url } = await emulate();
  const add = async (name: string, purpose: string) => {
    const form = new FormData();
    form.append("purpose", purpose);
    form.append("file", new Blob(["abc"]), name);
    await fetch(`${url}/files`, { method: "POST", body: form });
  };
  for (let count = 1; count <= 25; count += 1) await add(`${count}`, count % 5 === 0 ? "batch" : "user_data");
  const namesOf = async (query: string) =>
    JSON.parse((await send(`${url}/files${query}`, { method: "GET" })).text).data.map(
      ({ filename }: { filename: string }) => filename,
    );
  expect(await namesOf("")).toHaveLength(25);
  expect(await namesOf("?limit=1000&order=asc&purpose=batch")).toEqual(["5", "10", "15", "20", "25"]);
  expect((await send(`${url}/files?limit=10001`, { method: "GET" })).status).toBe(400);
});

it("takes a file's bytes as a blob store does: by its signature alone", async () => {
  const { url, requests } = await emulate();
  const registered = await send(`${url}/files`, { body: { file_name: "f", file_size: 5, use_case: "codex" } });
  const { file_id, upload_url } = JSON.parse(registered.text);
  const uploaded = async () => JSON.parse((await send(`${url}/files/${file_id}/uploaded`, { body: {} })).text);
  const put = (to: string, headers: Record<string, string>, body = "hello") =>
    send(to, { method: "PUT", headers, body }).then(({ status }) => status);
  const blob = { "x-ms-blob-type": "BlockBlob" };

  expect(await uploaded()).toEqual({ status: "error", error_message: "expected 5 bytes, found no" });
  expect(await put(upload_url.replace("sig=", "sig=x"), blob)).toBe(403);
  expect(await put(upload_url, { ...blob, authorization: "Bearer k" })).toBe(400);
  expect(await put(upload_url, {})).toBe(400);
  expect(await put(upload_url, blob, "hell")).toBe(201);
  expect(await uploaded()).toMatchObject({ status: "error", error_message: "expected 5 bytes, found 4" });
  expect(await put(upload_url, blob)).toBe(201);
  expect(await uploaded()).toMatchObject({ status: "success", file_name: "f", file_size_bytes: 5 });
  expect(requests).toHaveLength(9);
});

it("needs no key for the bytes where everything else does", async () => {
  const { url } = await emulate({ requireAuth: "k" });
  const body = { file_name: "f", file_size: 1, use_case: "codex" };
  expect((await send(`${url}/files`, { body })).status).toBe(401);
  const registered = await send(`${url}/files`, { body, headers: { authorization: "Bearer k" } });
  const { upload_url } = JSON.parse(registered.text);
  const put = await send(upload_url, { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body: "x" });
  expect(put.status).toBe(201);
});
