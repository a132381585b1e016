import { describe, expect, it } from "vitest";
import { userMessage } from "../../../src/index.ts";
import { asked, read, stage } from "./support.ts";

describe("a stored response", () => {
  it("is started without a stream, retrieved while it runs, and collected", async () => {
    const { api, emulator } = await stage({ pace: { delayMsPerWord: 30 } });
    const long = await api.responses.start({ model: "m", input: "count to 10000" });
    expect(["queued", "in_progress"]).toContain((await api.responses.retrieve(long.responseId)).status);
    const { responseId, status } = await api.responses.start({ model: "m", input: "count to 12" });
    expect(status).toBe("queued");
    expect(emulator.requests[0]?.json).toMatchObject({ background: true, store: true, stream: false });
    const answer = await (await api.responses.resume(responseId)).collect();
    expect(answer).toMatchObject({ text: "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12", responseId, status: "completed" });
    const stored = await api.responses.retrieve(responseId);
    expect(stored).toMatchObject({ text: answer.text, items: answer.items, tokenUsage: answer.tokenUsage, model: "m" });
    expect(stored.wire).toMatchObject({ object: "response", id: responseId });
  });

  it("is cancelled, deleted, and then gone for every call", async () => {
    const { api } = await stage({ pace: { delayMsPerWord: 50 } });
    const { responseId } = await api.responses.start({ model: "m", input: "count to 50" });
    expect((await api.responses.cancel(responseId)).status).toBe("cancelled");
    await expect((await api.responses.resume(responseId)).collect()).rejects.toMatchObject({ kind: "cancelled" });
    await api.responses.delete(responseId);
    const gone = { kind: "response_gone", responseId };
    await expect(api.responses.retrieve(responseId)).rejects.toMatchObject(gone);
    await expect(api.responses.cancel(responseId)).rejects.toMatchObject(gone);
    await expect(api.responses.delete(responseId)).rejects.toMatchObject(gone);
    await expect(api.responses.resume(responseId)).rejects.toMatchObject(gone);
    await expect(read(api.responses.inputItems(responseId) as never)).rejects.toMatchObject(gone);
  });

  it("is not gone where the address is wrong", async () => {
    const { api } = await stage({ script: [{ status: 404, body: "<html>nothing here</html>" }] });
    await expect(api.responses.retrieve("resp_1")).rejects.toMatchObject({ kind: "http", status: 404 });
  });

  it("gives its input items in order, page by page, and asks for no page that nobody reads", async () => {
    const { api, emulator } = await stage();
    const words = Array.from({ length: 7 }, (_, index) => `word ${index}`);
    const input = words.map((text) => userMessage(text));
    const { responseId } = await api.responses.create({ model: "m", input, store: true });
    if (responseId === undefined) throw new Error("no id");
    const items = api.responses.inputItems(responseId, { pageSize: 3 });
    const texts = [];
    for await (const item of items) texts.push(JSON.stringify(item).match(/word \d/)?.[0]);
    expect(texts).toEqual(words);
    expect(emulator.requests.slice(1).map(({ path }) => path.split("?")[1])).toEqual([
      "order=asc&limit=3",
      expect.stringMatching(/^order=asc&after=\w+&limit=3$/),
      expect.stringMatching(/^order=asc&after=\w+&limit=3$/),
    ]);
    for await (const page of items.pages()) {
      expect(page).toMatchObject({ hasMore: true, items: { length: 3 } });
      break;
    }
    expect(emulator.requests).toHaveLength(5);
  });

  it("asks for pages of a size that there is, and for what shall be added", async () => {
    const { api, emulator } = await stage({ script: () => ({ status: 200, body: { data: [], has_more: false } }) });
    for (const pageSize of [0, 101, 1.5])
      expect(() => api.responses.inputItems("resp_1", { pageSize })).toThrow(/pageSize/);
    await read(api.responses.inputItems("resp_1", { include: ["reasoning.encrypted_content"] }) as never);
    expect(emulator.requests.map(({ path }) => decodeURIComponent(path))).toEqual([
      "/v1/responses/resp_1/input_items?order=asc&include[]=reasoning.encrypted_content",
    ]);
  });

  it("whose page holds what is no item is a fault of the service's", async () => {
    const { api } = await stage({ script: () => ({ status: 200, body: { data: [7], has_more: false } }) });
    await expect(read(api.responses.inputItems("resp_1") as never)).rejects.toMatchObject({ kind: "protocol" });
  });

  it("that failed says why", async () => {
    const error = { code: "server_error", message: "It broke." };
    const body = { id: "resp_1", status: "failed", error, output: null };
    const { api } = await stage({ script: () => ({ status: 200, body }) });
    expect(await api.responses.retrieve("resp_1")).toMatchObject({ status: "failed", error, items: [], text: "" });
  });

  it("does not follow a list that leads nowhere", async () => {
    const page = { object: "list", data: [{ type: "message" }], has_more: true, last_id: "a" };
    const { api } = await stage({ script: () => ({ status: 200, body: page }) });
    await expect(read(api.responses.inputItems("resp_1") as never)).rejects.toMatchObject({ kind: "protocol" });
  });

  it("counts the tokens of a request that is not sent, by the fields that have some", async () => {
    const { api, emulator } = await stage();
    const request = { model: "m", input: "count to 9", instructions: "be brief", metadata: { a: "b" }, store: true };
    expect(await api.responses.countInputTokens(request)).toBeGreaterThan(5);
    expect(emulator.requests[0]).toMatchObject({ path: "/v1/responses/input_tokens" });
    const sent = emulator.requests[0]?.json as object;
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(["store"]));
    expect(Object.keys(sent)).not.toContain("metadata");
    expect(Object.keys(sent)).not.toContain("stream");
  });

  it("is named without its id to telemetry", async () => {
    const endpoints: string[] = [];
    const telemetry = { onCallStart: ({ endpoint }: { endpoint: string }) => void endpoints.push(endpoint) };
    const { api } = await stage({}, {}, { telemetry });
    const { responseId } = await api.responses.start({ model: "m", input: "hi" });
    await api.responses.retrieve(responseId);
    await api.responses.cancel(responseId);
    expect(endpoints).toEqual(["responses", "responses/{id}", "responses/{id}/cancel"]);
  });

  it("refuses an id that is none, before anything is sent", async () => {
    const { api, emulator } = await stage();
    await expect(api.responses.retrieve("")).rejects.toMatchObject({ kind: "build" });
    expect(() => api.responses.inputItems(" ")).toThrow(/id must be/);
    await expect(api.responses.stream(asked("x"), { carrier: "websocket" })).rejects.toMatchObject({ kind: "build" });
    expect(emulator.requests).toHaveLength(0);
  });
});
