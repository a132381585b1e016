import type { Socket } from "node:net";
import { BuildError, type NetworkError } from "../../failure/kinds.ts";
import { clampDelay } from "../../waiting/idle-timer.ts";
import type { ChosenProxy } from "../environment-proxy.ts";
import { LONGEST_SOCKS_FIELD_BYTES } from "../proxy-url.ts";
import type { Endpoint } from "../target.ts";
import {
  forbiddenAdvice,
  hangUp,
  type SocksReply,
  socksAuthenticationRefusal,
  socksRefusal,
  wrongProtocol,
} from "./refusal.ts";

/** The package's timer cannot be stopped and keeps the socket until it fires, so even "no limit" needs an end. */
const LONGEST_HANDSHAKE_MS = 600_000;
/** How much later than ours the package's limit is, so that ours decides. */
const GRACE_MS = 1_000;

/**
 * Asks a SOCKS5 proxy (RFC 1928, RFC 1929) at the other end of `socket` for a connection to `target` and resolves with the same socket. The
 * proxy resolves names; pass an address to avoid that. Bytes after the answer stay in the socket for the next reader.
 *
 * @param limitMs - The caller's time limit in milliseconds, 0 for none. The caller enforces it by destroying the socket.
 * @throws {@link BuildError} The target's name is longer than SOCKS5 can carry.
 */
export async function openSocksTunnel(
  socket: Socket,
  chosen: ChosenProxy,
  target: Endpoint,
  limitMs: number,
): Promise<Socket> {
  const nameBytes = Buffer.byteLength(target.hostname);
  if (nameBytes > LONGEST_SOCKS_FIELD_BYTES) {
    throw new BuildError(
      `the host name in the URL has ${nameBytes} bytes, and SOCKS5 cannot carry more than ${LONGEST_SOCKS_FIELD_BYTES}; check the URL`,
    );
  }
  const { SocksClient } = await import("socks");
  const { hostname, port } = chosen.proxy;
  const credentials = chosen.proxy.credentials();
  return new Promise((resolve, reject) => {
    const client = new SocksClient({
      command: "connect",
      destination: { host: target.hostname, port: target.port },
      proxy: {
        type: 5,
        host: hostname,
        port,
        ...(credentials && { userId: credentials.username, password: credentials.password }),
      },
      timeout: limitMs > 0 ? clampDelay(limitMs + GRACE_MS) : LONGEST_HANDSHAKE_MS,
    });
    client.on("established", ({ remoteHost }) => {
      // The package does not read an answer with an unknown kind of address, and would return it as the target's first bytes.
      if (remoteHost === undefined) reject(wrongProtocol(chosen));
      else returnEarlyBytes(socket, () => resolve(socket));
    });
    // Only its message is used: the error contains the options, and with them the password.
    client.on("error", (error: Error) => reject(failure(error.message, chosen, target, socket.errored)));
    client.connect(socket);
  });
}

/**
 * Bytes that the package read after the answer are emitted as a late `data` event, from a `setImmediate` in which it also resumes the
 * socket. Without a listener those bytes would be lost, so they are caught here and put back.
 */
function returnEarlyBytes(socket: Socket, done: () => void): void {
  const early: Buffer[] = [];
  const keep = (bytes: Buffer) => early.push(bytes);
  socket.on("data", keep);
  setImmediate(() => {
    // Restores the state of a new socket, which waits for its first reader; `pause` would make it wait for a `resume`.
    socket.off("data", keep).on("readable", done).off("readable", done);
    if (early.length > 0) socket.unshift(Buffer.concat(early));
    done();
  });
}

const REPLIES: ReadonlyMap<string, SocksReply> = new Map([
  ["Failure", { meaning: "general failure", advice: "check the proxy's log", retryable: true }],
  [
    "NotAllowed",
    {
      meaning: "its rules do not allow it",
      advice: forbiddenAdvice,
      retryable: false,
    },
  ],
  ["NetworkUnreachable", { meaning: "network unreachable", advice: "check the proxy's own network", retryable: true }],
  [
    "HostUnreachable",
    { meaning: "host unreachable", advice: "check the host's name and the proxy's own DNS", retryable: true },
  ],
  [
    "ConnectionRefused",
    { meaning: "the host refused the connection", advice: "check that the server is up", retryable: true },
  ],
  ["TTLExpired", { meaning: "TTL expired", advice: "check the proxy's own network", retryable: true }],
  [
    "CommandNotSupported",
    { meaning: "it does not know the command CONNECT", advice: "use another proxy", retryable: false },
  ],
  [
    "AddressNotSupported",
    {
      meaning: "it does not accept this kind of address",
      advice: "socks5h:// sends it the name, socks5:// an address: try the other one",
      retryable: false,
    },
  ],
]);
const UNKNOWN_REPLY = {
  meaning: "an unknown answer",
  advice: "check the proxy's log",
  retryable: false,
};

/** The package's errors can only be told apart by their texts. */
function failure(message: string, chosen: ChosenProxy, target: Endpoint, cause: Error | null): NetworkError {
  if (/no accepted authentication type|authentication failed/i.test(message)) {
    return socksAuthenticationRefusal(chosen, target);
  }
  const [, reply] = /^Socks5 proxy rejected connection - (\w+)/.exec(message) ?? [];
  if (reply !== undefined) return socksRefusal(chosen, target, REPLIES.get(reply) ?? UNKNOWN_REPLY);
  if (/^Received invalid Socks5|^SocksClient internal error/.test(message)) return wrongProtocol(chosen);
  return hangUp(chosen, target, cause ?? undefined);
}
