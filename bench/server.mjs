// The other side of every benchmark: one process of its own that sends bytes rendered beforehand. The model of a request names what to send.
// Its own CPU time is reported, so that a figure can show that it measured the client.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { responseEvents } from "./events.mjs";

/** What HTTP servers flush at once when they are faster than the network. */
const CHUNK_BYTES = 16 * 1024;
const TICK_MS = 2;
const PACED_INTERVAL_MS = 50;
/** Short items, so that the mix of a long response is the mix of a short one. */
const PACED_ITEM_DELTAS = 10;

/** @type {Record<string, (response: import("node:http").ServerResponse, ...options: string[]) => void>} */
const SCENARIOS = {
  /**
   * `long:COUNT[:MIX[:CHUNKS[:ECHO]]]`: a whole response as fast as it is read; CHUNKS: bytes of an HTTP chunk, or `event` where each event is
   * one; ECHO: bytes of the instructions that it repeats.
   */
  long(response, count, mix, chunks = `${CHUNK_BYTES}`, echo) {
    const body = rendered(`${count}:${mix}:${chunks}:${echo}`, () => {
      const events = frames({ count: Number(count), mix: mixOf(mix), echoBytes: numberOf(echo) });
      return Buffer.concat(
        (chunks === "event" ? events : slices(Buffer.concat(events), Number(chunks))).map(httpChunk),
      );
    });
    sendHead(response);
    // Beneath Node's framing: 50,000 small writes would measure the server.
    response.socket?.write(body, () => response.end());
  },

  /** `paced:SECONDS[:ECHO]`: a whole response at 20 events a second. */
  paced(response, seconds, echo) {
    const events = rendered(`paced:${seconds}:${echo}`, () => pacedEvents(seconds, echo).map(framed));
    sendHead(response);
    atPace([...events.map((event) => () => void response.write(event)), () => response.end()]);
  },

  /** `each:COUNT`: a whole response, an event a millisecond. */
  each(response, count) {
    const events = rendered(`each:${count}`, () => frames({ count: Number(count) }));
    sendHead(response);
    oneByOne(events, (event) => void response.write(event)).then(() => response.end());
  },

  /** `stamped`: headers, then after a moment one event that carries the time of its sending, then the end. */
  stamped(response) {
    sendHead(response);
    setTimeout(() => {
      response.write(delta(process.hrtime.bigint()));
      setTimeout(() => response.end(completed()), 2);
    }, 4);
  },

  /** `short`: one text delta and the end, at once. */
  short(response) {
    sendHead(response);
    response.end(Buffer.concat([delta(0n), completed()]));
  },

  /** `endless:MEGABYTES`: events of 1 kB as fast as they are read. */
  endless(response, megabytes) {
    const event = frame("response.output_text.delta", `"delta":"${"x".repeat(900)}"`);
    const block = Buffer.concat(Array.from({ length: 256 }, () => event));
    let left = Number(megabytes) * 1e6;
    sendHead(response);
    const send = () => {
      while (left > 0 && !response.destroyed) {
        left -= block.length;
        if (!response.write(block)) {
          response.once("drain", send);
          return;
        }
      }
      response.end(completed());
    };
    send();
  },
};

const server = createServer((request, response) => {
  if (request.method !== "POST") {
    response.writeHead(404).end(); // a client that looks around first
    return;
  }
  /** @type {Buffer[]} */
  const body = [];
  request.on("data", (chunk) => body.push(chunk));
  request.on("end", () => {
    // A compressed body cannot be read here; the path then names the scenario.
    const [name = "", ...options] = (scenarioInPath(request.url) ?? modelOf(Buffer.concat(body))).split(":");
    const scenario = SCENARIOS[name];
    if (scenario) scenario(response, ...options);
    else response.writeHead(400).end(`no scenario ${name}`);
  });
});

const websockets = new WebSocketServer({ server, perMessageDeflate: true });
websockets.on("connection", (socket, request) => {
  socket.on("error", () => {});
  socket.on("message", (message) => {
    const { model, stream_id: lane } = JSON.parse(String(message));
    const [name, count, mix] = String(model).split(":");
    const frameOf = (/** @type {{ json: string }} */ { json }) => websocketFrame(onLane(json, lane));
    if (name === "long") {
      const events = rendered(`ws:${count}:${mix}:${lane}`, () =>
        Buffer.concat(responseEvents({ count: Number(count), mix: mixOf(mix) }).map(frameOf)),
      );
      request.socket.write(events);
    } else if (name === "each") {
      // By `ws`, which compresses each message where that was agreed on, as servers of that kind do.
      const events = rendered(`ws:each:${count}`, () => responseEvents({ count: Number(count) }));
      void oneByOne(events, ({ json }) => new Promise((resolve) => socket.send(json, resolve)));
    } else if (name === "paced" || name === "together") {
      const events = rendered(`ws:paced:${count}:${lane}`, () => pacedEvents(count, undefined).map(frameOf));
      // `together`: those of a connection's lanes at the same moment, as from a server that collects what it sends.
      const [write, bucket] = name === "paced" ? [writeTo, someBucket()] : [collectFor, bucketOf(socket)];
      atPace(
        events.map((event) => () => write(request.socket, event)),
        bucket,
      );
    } else if (name === "short") {
      request.socket.write(Buffer.concat([websocketFrame(deltaJson(0n)), websocketFrame(JSON.stringify(COMPLETED))]));
    } else socket.send(JSON.stringify(COMPLETED));
  });
});

/** @type {Set<() => void>[]} */
const buckets = Array.from({ length: PACED_INTERVAL_MS / TICK_MS }, () => new Set());
let nextBucket = 0;
let ticks = 0;
const startedAt = performance.now();
setInterval(() => {
  // Late timers are made up for, so that the pace holds.
  for (; ticks < (performance.now() - startedAt) / TICK_MS; ticks += 1) {
    for (const send of buckets[ticks % buckets.length] ?? []) send();
  }
}, TICK_MS).unref();

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
process.on("disconnect", () => process.exit());

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : undefined });
});

function sendHead(/** @type {import("node:http").ServerResponse} */ response) {
  response.socket?.setNoDelay(true);
  response.writeHead(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked" });
  response.flushHeaders();
}

/**
 * Sends one a millisecond, so that each is a network read of its own.
 *
 * @template T
 */
async function oneByOne(/** @type {readonly T[]} */ events, /** @type {(event: T) => unknown} */ send) {
  for (const event of events) {
    await send(event);
    await sleep(1);
  }
}

function writeTo(/** @type {import("node:net").Socket} */ socket, /** @type {Buffer} */ bytes) {
  socket.write(bytes);
}

/** In one write with all that is written at this moment. */
function collectFor(/** @type {import("node:net").Socket} */ socket, /** @type {Buffer} */ bytes) {
  if (socket.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  socket.write(bytes);
}

function someBucket() {
  const bucket = /** @type {Set<() => void>} */ (buckets[nextBucket]);
  nextBucket = (nextBucket + 1) % buckets.length;
  return bucket;
}

/** @type {WeakMap<object, Set<() => void>>} */
const bucketsOfSockets = new WeakMap();

/** The same for everything on a connection. */
function bucketOf(/** @type {object} */ socket) {
  const bucket = bucketsOfSockets.get(socket) ?? someBucket();
  bucketsOfSockets.set(socket, bucket);
  return bucket;
}

/** Does one after the other, an interval apart; the last with the one before it. */
function atPace(/** @type {(() => void)[]} */ steps, bucket = someBucket()) {
  let done = 0;
  const step = () => {
    steps[done]?.();
    done += 1;
    if (done < steps.length - 1) return;
    bucket.delete(step);
    steps[done]?.();
  };
  bucket.add(step);
}

function pacedEvents(/** @type {string | undefined} */ seconds, /** @type {string | undefined} */ echo) {
  const count = (Number(seconds) * 1000) / PACED_INTERVAL_MS;
  return responseEvents({ count, echoBytes: numberOf(echo), itemDeltas: PACED_ITEM_DELTAS });
}

/** @type {Map<string, any>} */
const cache = new Map();

/**
 * @template T
 * @param {string} key
 * @param {() => T} render
 * @returns {T}
 */
function rendered(key, render) {
  if (!cache.has(key)) cache.set(key, render());
  return cache.get(key);
}

function frames(/** @type {Parameters<typeof responseEvents>[0]} */ options) {
  return responseEvents(options).map(framed);
}

function framed(/** @type {{ type: string, json: string }} */ { type, json }) {
  return Buffer.from(`event: ${type}\ndata: ${json}\n\n`);
}

function frame(/** @type {string} */ type, /** @type {string} */ fields) {
  return framed({ type, json: `{"type":"${type}","item_id":"msg_1","output_index":0,${fields}}` });
}

function deltaJson(/** @type {bigint} */ nanoseconds) {
  return `{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"${nanoseconds}"}`;
}

function delta(/** @type {bigint} */ nanoseconds) {
  return framed({ type: "response.output_text.delta", json: deltaJson(nanoseconds) });
}

const COMPLETED = {
  type: "response.completed",
  response: {
    id: "resp_1",
    usage: {
      input_tokens: 1,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 1,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 2,
    },
  },
};

function completed() {
  return Buffer.from(`event: response.completed\ndata: ${JSON.stringify(COMPLETED)}\n\n`);
}

function* slicesOf(/** @type {Buffer} */ bytes, /** @type {number} */ size) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function slices(/** @type {Buffer} */ bytes, size = CHUNK_BYTES) {
  return [...slicesOf(bytes, size)];
}

function httpChunk(/** @type {Buffer} */ bytes) {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** As the service repeats the name of a lane. */
function onLane(/** @type {string} */ json, /** @type {string | undefined} */ lane) {
  return lane === undefined ? json : `${json.slice(0, -1)},"stream_id":"${lane}"}`;
}

/** A text frame as servers send it: final, unmasked (RFC 6455 §5.2). */
function websocketFrame(/** @type {string} */ message) {
  const payload = Buffer.from(message);
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

function mixOf(/** @type {string | undefined} */ name) {
  return /** @type {import("./events.mjs").Mix | undefined} */ (name);
}

function numberOf(/** @type {string | undefined} */ option) {
  return option === undefined ? undefined : Number(option);
}

function modelOf(/** @type {Buffer} */ body) {
  return String(JSON.parse(body.toString()).model);
}

function scenarioInPath(/** @type {string | undefined} */ path) {
  return /^\/only\/([^/]+)/.exec(path ?? "")?.[1];
}
