import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isIPv6 } from "node:net";
import { answersPreflight, asksForWebSocket, strangerIn, UPGRADE_OPTIONS, withoutUpgrade } from "../server/index.ts";
import { checkCaller } from "./callers.ts";
import { HttpHandler } from "./http/handler.ts";
import { TEST_HEADER } from "./journal/journal.ts";
import { checkOptions } from "./options/check.ts";
import type { EmulatedTest, Emulator, EmulatorOptions, ReplayOptions, ScenarioControl } from "./options/options.ts";
import { RealtimeConnection } from "./realtime/connection.ts";
import { PREFIX } from "./routes.ts";
import { checkedScenario } from "./scenario/check.ts";
import { readScenario, watchScenario } from "./scenario/file.ts";
import { waitForRequests } from "./scenario/waiting.ts";
import { type Replaying, Service } from "./service.ts";
import { createLoopbackIdentity } from "./tls/certificate.ts";
import { ResponsesConnection } from "./websocket/connection.ts";
import { WebSocketGate } from "./websocket/gate.ts";
import { Upstream } from "./workbench/relay/upstream.ts";
import { WorkbenchSite } from "./workbench/site.ts";
import { Recorder } from "./workbench/transcripts/recorder.ts";
import { Replay } from "./workbench/transcripts/replay.ts";

const KEEP_ALIVE_MS = 65_000; // longer than any client keeps an idle connection, so that the client closes it
const SERVER_OPTIONS = { ...UPGRADE_OPTIONS, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 };

/**
 * Starts a local server with the Responses API: streams over SSE and WebSocket, background and stored responses, compaction, files, images,
 * realtime and models, answered by a small deterministic program instead of a model.
 *
 * @returns Once it listens. Close it, or the process stays alive.
 * @throws The system's error when it cannot listen (`EADDRINUSE`), OpenSSL's for a `tls` certificate it cannot use, or one that says what is
 *   wrong with the options or the scenario.
 *
 * @example
 * ```ts
 * const emulator = await startEmulator({ script: [{ status: 503 }, {}] });
 * const response = await fetch(`${emulator.url}/responses`, { method: "POST", body: "{}" });
 * console.log(response.status); // 503
 * await emulator.close();
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  checkOptions(options);
  const { port = 0, host = "127.0.0.1", tls = false, scenario: given, scenarioFile } = options;
  const scenario =
    scenarioFile !== undefined
      ? await readScenario(scenarioFile)
      : given === undefined
        ? undefined
        : checkedScenario(given);
  const { record } = options;
  const upstream = record && new Upstream(record, PREFIX);
  const replay = options.replay && (await readRecordings(options.replay));
  const service = new Service(
    { ...options, ...(scenario && { scenario }) },
    { ...(upstream && { upstream }), ...(replay && { replay }) },
  );
  const recorder = record && new Recorder(service.traffic, record.folder, record);
  const loopback = tls === true ? createLoopbackIdentity() : undefined;
  const identity = loopback ?? (typeof tls === "object" ? tls : undefined);
  const server = identity
    ? createTlsServer({ ...SERVER_OPTIONS, cert: identity.cert, key: identity.key })
    : createServer(SERVER_OPTIONS);
  const http = new HttpHandler(service);
  const gate = new WebSocketGate(service, {
    responses: (accepted) => new ResponsesConnection(service, accepted),
    realtime: (accepted) => new RealtimeConnection(service, accepted),
  });
  service.connections.watch(server);
  const site = new WorkbenchSite(service.traffic, service.journal, (headers) => checkCaller({ headers }, options));
  const isStranger = (headers: IncomingHttpHeaders): boolean => strangerIn(headers, options) !== undefined;
  server.on("request", (message, response) => {
    if (answersPreflight(message, response, isStranger)) return;
    if (!site.handles(message)) void http.handle(message, response);
    else void site.answer(message, response);
  });
  server.on("upgrade", (message, socket, head) => {
    if (asksForWebSocket(message)) void gate.upgrade(message, socket, head);
    else withoutUpgrade(server, message, socket, head);
  });
  const origin = `${identity ? "https" : "http"}://${isIPv6(host) ? `[${host}]` : host}:${await listen(server, port, host)}`;
  const watcher = scenarioFile === undefined ? undefined : watchFile(scenarioFile, service);
  let tests = 0;
  const stop = async (): Promise<void> => {
    watcher?.close();
    await close(server, service);
    await recorder?.close();
  };
  return {
    url: `${origin}/v1`,
    origin,
    pageUrl: `${origin}/`,
    ...(loopback && { caPem: loopback.caPem }),
    requests: service.journal.requests,
    journal: service.journal.entries,
    traffic: service.traffic,
    scenario: controlOf(service),
    test(id) {
      tests += 1;
      return testOf(service, id ?? `test-${tests}`);
    },
    waitForRequests: (when, wait) => waitForRequests(service.journal, when, wait),
    nextRequest: () => service.journal.nextRequest(),
    waitForClosedResponses: (count) => service.journal.waitForClosedResponses(count),
    waitForClosedWebSockets: (count) => service.journal.waitForClosedWebSockets(count),
    close: stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** @throws An error that says what is wrong with the recordings. */
async function readRecordings({ folder, timing = "none", strict }: ReplayOptions): Promise<Replaying> {
  return { recordings: await Replay.read(folder, strict), timing };
}

function watchFile(path: string, service: Service): ReturnType<typeof watchScenario> {
  const { onScenario } = service.options;
  return watchScenario(
    path,
    (scenario) => {
      service.script.use(scenario);
      onScenario?.();
    },
    (error) => onScenario?.(error),
  );
}

function controlOf({ script }: Service, test?: string): ScenarioControl {
  return { use: (scenario) => script.use(checkedScenario(scenario), test), reset: () => script.reset(test) };
}

function testOf(service: Service, id: string): EmulatedTest {
  return {
    id,
    headers: { [TEST_HEADER]: id },
    get requests() {
      return service.journal.requests.filter(({ headers }) => headers[TEST_HEADER] === id);
    },
    get journal() {
      return service.journal.entries.filter(({ test }) => test === id);
    },
    waitForRequests: (when, wait) => waitForRequests(service.journal, when, { ...wait, test: id }),
    scenario: controlOf(service, id),
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

async function close(server: Server, service: Service): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  await service.connections.destroyAll();
  await done;
  service.journal.close();
}
