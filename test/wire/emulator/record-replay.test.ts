import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createHttpsAgent } from "../../../src/client/index.ts";
import { answer, type EmulatorOptions, startEmulator, toolCalls } from "../../../src/emulator/index.ts";
import { closedPort, serve } from "../../support/serve.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { emulator, RawSocket, refusal, send } from "./raw-client.ts";

const KEY = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789";
const AUTHORIZATION = { authorization: `Bearer ${KEY}` };
const SHORT_KEY = { authorization: "Bearer token-of-nobody" };
const WEATHER = { type: "function", name: "get_weather", parameters: { type: "object", properties: {} } };

const folder = () => temporaryFolder("recordings");

function filesIn(path: string): string[] {
  return readdirSync(path)
    .sort()
    .map((name) => readFileSync(join(path, name), "utf8"));
}

/** Runs `use` with a scripted service behind a recording emulator, then again with only the recordings. */
async function twice<Seen>(script: EmulatorOptions, use: (url: string) => Promise<Seen>, path = folder()) {
  const upstream = await emulator(script);
  const recording = await startEmulator({ record: { folder: path, upstream: upstream.url } });
  const recorded = await use(recording.url);
  await recording.close();
  await upstream.close();
  const replaying = await emulator({ replay: { folder: path } });
  const replayed = await use(replaying.url);
  return { recorded, replayed, files: filesIn(path), replaying, upstream };
}

async function ask(url: string, body: object) {
  const { status, headers, text, brokenBy } = await send(`${url}/responses`, {
    body: { model: "gpt-5.5", ...body },
    headers: AUTHORIZATION,
  });
  const { date: _date, connection: _connection, ...kept } = headers;
  return { status, headers: kept, text, brokenBy };
}

it("plays streams, whole answers, refusals and cuts back byte for byte, without the service", async () => {
  const script = [
    answer("zwölf Äpfel \u2028 and more"),
    {},
    { status: 429, headers: { "retry-after": "7" }, body: { error: { message: "slow down" } } },
    answer("one two three four", { terminateAfterEvents: 6 }),
    { raw: [": hello\r\n\r\n", "data: [DONE]\n\n", Uint8Array.of(0xff, 0xfe, 0x0a, 0x0a), "tail"] },
  ];
  const { recorded, replayed } = await twice({ script }, async (url) => [
    await ask(url, { input: "a", stream: true }),
    await ask(url, { input: "b" }),
    await ask(url, { input: "c", stream: true }),
    await ask(url, { input: "d", stream: true }),
    await ask(url, { input: "e", stream: true }),
  ]);
  expect(recorded.map(({ status }) => status)).toEqual([200, 200, 429, 200, 200]);
  expect(recorded[0]?.text).toContain("zwölf");
  expect(recorded[2]?.headers["retry-after"]).toBe("7");
  expect(recorded[3]?.brokenBy).toBe("ECONNRESET");
  expect(replayed).toEqual(recorded);
});

it("answers only a request that says the same, if it is strict, and names the first difference", async () => {
  const path = folder();
  const ways = async (url: string) => {
    await ask(url, { input: "a", tools: [WEATHER] });
    return ask(url, { input: "a", prompt_cache_key: "k" });
  };
  await twice({ script: [answer("with a tool"), answer("without one")] }, ways, path);
  const strict = await emulator({ replay: { folder: path, strict: true } });
  const refused = async (body: object) => {
    const { status, text } = await ask(strict.url, body);
    return { status, ...(JSON.parse(text) as { error: { message: string; code: string } }).error };
  };
  const differs = { status: 404, code: "replay_no_match" };
  const message = (where: string) => expect.stringContaining(`, first in: ${where}.`);
  expect(await refused({ input: "b" })).toMatchObject({ ...differs, message: message("input") });
  expect(await refused({ input: "a", tools: [] })).toMatchObject({ ...differs, message: message("tools[0]") });
  // Neither ids of clients nor the order of fields count, and the same request may come again.
  for (const prompt_cache_key of ["other", "another"]) {
    const same = await send(`${strict.url}/responses`, { body: { input: "a", prompt_cache_key, model: "gpt-5.5" } });
    expect([same.status, same.text]).toEqual([200, expect.stringContaining("without one")]);
  }
});

it("compares each message of a WebSocket too, if it is strict", async () => {
  const path = folder();
  const turn = async (url: string, text: string) => {
    const socket = new RawSocket(url);
    await socket.opened();
    const events = await socket.response({ input: [{ role: "user", content: text }] });
    socket.websocket.close();
    await socket.closed;
    return events.at(-1);
  };
  await twice({ script: [answer("one")] }, (url) => turn(url, "a"), path);
  const strict = await emulator({ replay: { folder: path, strict: true } });
  expect(await turn(strict.url, "b")).toMatchObject({
    type: "error",
    error: { code: "replay_no_match", message: expect.stringContaining("first in: input[0].content.") },
  });
});

it("finds the answer to a turn that sends what a tool said, whatever it says this time and whichever comes first", async () => {
  const rules = [
    { when: { toolOutput: true as const }, reply: answer("It is warm.") },
    { when: { text: "weather" }, reply: toolCalls([{ name: "get_weather", arguments: {} }]) },
  ];
  let degrees = 17;
  const { recorded, replayed } = await twice({ scenario: { rules } }, async (url) => {
    degrees += 1;
    const question = { role: "user", content: "the weather?" };
    const first = await ask(url, { input: [question], tools: [WEATHER] });
    const { output } = JSON.parse(first.text);
    const said = { type: "function_call_output", call_id: output[0].call_id, output: `${degrees} degrees` };
    const second = await ask(url, { input: [question, ...output, said], tools: [WEATHER] });
    return [first.text, second.text];
  });
  expect(recorded[1]).toContain("It is warm.");
  expect(replayed).toEqual(recorded);
});

it("plays a WebSocket back: increments, a refusal within it, and its close", async () => {
  const script = [
    answer("first"),
    answer("second"),
    { status: 400, body: { error: { message: "no" } } },
    { events: [], close: { code: 4001, reason: "enough" } },
  ];
  const { recorded, replayed, files } = await twice({ script }, async (url) => {
    const socket = new RawSocket(url, { headers: SHORT_KEY });
    const { "x-request-id": id } = await socket.handshakeHeaders;
    const first = await socket.response({ input: "one" });
    const last = first.at(-1) as unknown as { response: { id: string } };
    const second = await socket.response({ input: "two", previous_response_id: last.response.id });
    const refused = await socket.response({ input: "three" });
    socket.create({ input: "four" });
    return { id, first, second, refused, closed: await socket.closed };
  });
  expect(recorded.closed).toEqual({ code: 4001, reason: "enough" });
  expect(recorded.refused.at(-1)?.type).toBe("error");
  expect(replayed).toEqual(recorded);
  expect(files).toHaveLength(1);
  expect(files[0]).toContain("previous_response_id");
});

it("plays back a WebSocket that was cut, and a handshake that was refused", async () => {
  const script = [
    { refuse: { status: 403, headers: { "x-why": "no" }, body: "closed today" } },
    answer("one two three", { terminateAfterEvents: 4 }),
  ];
  const { recorded, replayed } = await twice({ script }, async (url) => {
    const { status, headers, body } = await refusal(url);
    const socket = new RawSocket(url);
    await socket.opened();
    socket.create({ input: "one" });
    const closed = await socket.closed;
    const types: string[] = [];
    for (let count = 0; count < 4; count += 1) types.push((await socket.nextEvent()).type);
    return { status, why: headers["x-why"], body, closed, types };
  });
  expect(recorded).toMatchObject({ status: 403, why: "no", body: "closed today", closed: { code: 1006 } });
  expect(replayed).toEqual(recorded);
});

it("keeps credentials out of the files, wherever they stand", async () => {
  const path = folder();
  const service = await serve((_request, response) => {
    response.setHeader("set-cookie", "session=a-cookie-value-of-the-service");
    response.setHeader("x-ratelimit-remaining-tokens", "1234");
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        client_secret: "very-secret-value",
        echo: "token-of-nobody",
        jwt: "eyJhbGciOiJub25l.eyJzdWIiOiIx.c2ln",
      }),
    );
  });
  const recording = await startEmulator({ record: { folder: path, upstream: service.url } });
  const seen = await send(`${recording.url}/files?api_key=in-the-query-string&limit=2`, {
    method: "POST",
    headers: { ...SHORT_KEY, cookie: "a=cookie-of-the-client; b=2", "chatgpt-account-id": "account-1234" },
    body: { note: `my key is ${KEY}`, access_token: "tokens-in-bodies" },
  });
  await recording.close();
  expect(seen.text).toContain("very-secret-value"); // the client gets everything
  expect(service.requests[0]?.headers.authorization).toBe("Bearer token-of-nobody");
  const [file = ""] = filesIn(path);
  for (const secret of [
    "nobody",
    "in-the-query",
    "cookie-of",
    "a-cookie-value",
    "account-1234",
    "very-secret",
    "eyJhb",
    KEY,
    "tokens-in-bodies",
  ]) {
    expect(file).not.toContain(secret);
  }
  expect(file).toContain("x-ratelimit-remaining-tokens: 1234");
  expect(file).toContain("limit=2");
  const { url } = await emulator({ replay: { folder: path } });
  const again = await send(`${url.slice(0, -"/v1".length)}/v1/files`, { method: "POST", body: {} });
  expect(again.json).toMatchObject({ client_secret: "[removed]" });
});

it("blanks prompts where it is told to, and still finds the answers by their order", async () => {
  const path = folder();
  const upstream = await emulator({ script: [answer("the first answer"), answer("the second answer")] });
  const recording = await startEmulator({ record: { folder: path, upstream: upstream.url, prompts: false } });
  await ask(recording.url, { input: "a private question", instructions: "be discreet", stream: true });
  await ask(recording.url, { input: [{ role: "user", content: [{ type: "input_text", text: "another secret" }] }] });
  await recording.close();
  const files = filesIn(path).join("");
  for (const text of ["private", "discreet", "another secret"]) expect(files).not.toContain(text);
  expect(files).toContain("[18 characters removed]");
  const { url } = await emulator({ replay: { folder: path } });
  expect((await ask(url, { input: "whatever", stream: true })).text).toContain("the first answer");
  expect((await ask(url, { input: "whatever else" })).text).toContain("the second answer");
});

it("refuses what was not recorded, and says what there was", async () => {
  const path = folder();
  const upstream = await emulator();
  const recording = await startEmulator({ record: { folder: path, upstream: upstream.url } });
  await ask(recording.url, { input: "a" });
  await recording.close();
  const replaying = await emulator({ replay: { folder: path } });
  const { url } = replaying;
  expect((await ask(url, { input: "a" })).status).toBe(200);
  expect((await ask(url, { input: "a" })).status).toBe(200); // the very same again
  expect((await ask(url, { input: "b" })).text).toContain("1 recording is there, and all were played");
  const other = await send(`${url}/models`);
  expect(other).toMatchObject({ status: 404, json: { error: { code: "replay_no_match" } } });
  expect(other.text).toContain("Nothing is recorded for GET /v1/models.");
  expect(replaying.journal.map(({ answeredBy }) => answeredBy)).toEqual(Array(4).fill("recording"));
});

it("keeps the recorded timing to 10 ms", async () => {
  const path = folder();
  const upstream = await emulator({ pace: { tokensPerSecond: 20 } });
  const recording = await startEmulator({ record: { folder: path, upstream: upstream.url } });
  await ask(recording.url, { input: "count to 6", stream: true });
  await recording.close();
  const [file = ""] = filesIn(path);
  const recordedMs = Array.from(file.matchAll(/^(\d+\.\d+) event response\.output_text\.delta/gm), ([, at]) =>
    Number(at),
  );
  expect(recordedMs.length).toBeGreaterThan(5);
  const replaying = await emulator({ replay: { folder: path, timing: "original" } });
  await ask(replaying.url, { input: "count to 6", stream: true });
  const [played] = replaying.traffic.exchanges;
  const playedMs = played?.entries.flatMap((entry) =>
    entry.kind === "event" && entry.type === "response.output_text.delta" ? [entry.atMs] : [],
  );
  expect(playedMs).toHaveLength(recordedMs.length);
  const deviations = playedMs
    ?.map((at, index) => Math.abs(at - (recordedMs[index] ?? 0)))
    .sort((one, other) => one - other);
  // The one in the middle: the machine may stop this process for a moment, in which nothing that is due can go out.
  expect(deviations?.[Math.floor(recordedMs.length / 2)]).toBeLessThan(10);
});

it.skipIf(process.platform !== "linux")("says at once that a folder for recordings cannot be made", async () => {
  const record = { folder: "/proc/nowhere/recordings", upstream: "http://127.0.0.1:9" };
  await expect(startEmulator({ record })).rejects.toThrow(/ENOENT.*\/proc\/nowhere/);
});

it("keeps its recordings in a folder that is made with those above it", async () => {
  const path = join(folder(), "a", "b");
  const { close } = await startEmulator({ record: { folder: path, upstream: "http://127.0.0.1:9" } });
  await close();
  expect(readdirSync(path)).toEqual([]);
});

it("says which line of a recording is wrong, and that a folder has none", async () => {
  const path = folder();
  await expect(startEmulator({ replay: { folder: path } })).rejects.toThrow(/has no recordings/);
  writeFileSync(
    join(path, "0001-broken.transcript.txt"),
    "codex-wire transcript 1\n0 request http GET /v1\n1.5 answer soon\n",
  );
  await expect(startEmulator({ replay: { folder: path } })).rejects.toThrow(
    /0001-broken\.transcript\.txt:3: "soon" is not a status/,
  );
});

it("answers 502 where the service cannot be reached, and records that", async () => {
  const path = folder();
  const port = await closedPort();
  const recording = await startEmulator({ record: { folder: path, upstream: `http://127.0.0.1:${port}/v1` } });
  expect(await ask(recording.url, { input: "a" })).toMatchObject({
    status: 502,
    text: expect.stringContaining(`127.0.0.1:${port}`),
  });
  expect(await refusal(recording.url)).toMatchObject({ status: 502 });
  await recording.close();
  expect(filesIn(path)).toHaveLength(2);
});

it("passes on to a service behind TLS, over HTTP and WebSocket, through an agent of this package", async () => {
  const path = folder();
  const service = await emulator({ tls: true });
  const authority = join(path, "authority.pem");
  writeFileSync(authority, service.caPem ?? "");
  const agent = createHttpsAgent({ env: { CODEX_CA_CERTIFICATE: authority } });
  onTestFinished(() => agent.destroy());
  const recording = await emulator({ record: { folder: path, upstream: service.url, agent } });
  expect(await ask(recording.url, { input: "repeat: hi" })).toMatchObject({ status: 200 });
  const socket = new RawSocket(recording.url);
  await socket.opened();
  await socket.response({ input: "repeat: hi" });
  expect(service.requests.map(({ kind }) => kind)).toEqual(["http", "handshake", "frame"]);
  const distrusting = await emulator({
    record: { folder: path, upstream: service.url, agent: createHttpsAgent({ env: {} }) },
  });
  expect(await ask(distrusting.url, { input: "a" })).toMatchObject({ status: 502 });
});
