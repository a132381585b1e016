import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { NetworkError } from "../failure/kinds.ts";
import type { ChosenProxy } from "./environment-proxy.ts";
import { httpRequest } from "./node-http.ts";
import { hangUp, httpRefusal, wrongProtocol } from "./proxy-refusal.ts";
import { authorityOf, type Endpoint } from "./target.ts";
import { codeOf } from "./tcp-connect.ts";

/**
 * Asks an HTTP proxy at the other end of `socket` for a tunnel to `target` (CONNECT, RFC 9110 §9.3.6) and resolves with the same socket.
 * Bytes behind the answer stay in it for the next reader. Headers are the reference's: `Host` and, with credentials, `Proxy-Authorization`.
 *
 * It has no time limit of its own and leaves a refusal's body unread, since that can be of any length: the caller destroys the socket.
 */
export function openHttpTunnel(socket: Socket, chosen: ChosenProxy, target: Endpoint): Promise<Socket> {
  const authority = authorityOf(target);
  const authorization = chosen.proxy.basicAuthorization();
  return new Promise((resolve, reject) => {
    const connect = httpRequest({
      method: "CONNECT",
      path: authority,
      headers: { Host: authority, ...(authorization && { "Proxy-Authorization": authorization }) },
      createConnection: () => socket,
    });
    connect.removeHeader("connection"); // Node would add `close`, which some proxies take at its word
    connect.on("connect", (answer: IncomingMessage, _socket: unknown, head: Buffer) => {
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status <= 299) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      } else {
        reject(httpRefusal(chosen, target, status, challengeOf(answer)));
      }
    });
    connect.on("error", (error) => reject(failure(error, chosen, target)));
    connect.end();
  });
}

function challengeOf(answer: IncomingMessage): string | undefined {
  return answer.headersDistinct["proxy-authenticate"]?.join(", ");
}

function failure(error: Error, chosen: ChosenProxy, target: Endpoint): NetworkError {
  // Node's parser gives its errors codes of this prefix, and they carry the bytes that they are about.
  return codeOf(error)?.startsWith("HPE_") ? wrongProtocol(chosen) : hangUp(chosen, target, error);
}
