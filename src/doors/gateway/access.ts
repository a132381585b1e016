import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { strangerIn } from "../../server/index.ts";
import { jsonAnswer, type WholeAnswer } from "../forwarding/refusal.ts";
import type { GatewaySettings } from "./options.ts";

/** A refusal by the gateway itself, in the service's format. */
export function refusal(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): WholeAnswer {
  return jsonAnswer(status, headers, { error: { message, type: "gateway_error", param: null, code } });
}

/** Decides who may use the gateway. */
export class Access {
  readonly #settings: GatewaySettings;
  readonly #tokens: readonly Buffer[] | undefined;

  constructor(settings: GatewaySettings) {
    this.#settings = settings;
    this.#tokens = settings.tokens?.map((token) => digest(token.trim()));
  }

  /** @returns The client, as far as it can be identified, and which token it sent, from 1 on; or why it is refused. */
  admit(headers: IncomingHttpHeaders): { readonly client: string; readonly token?: number } | WholeAnswer {
    const stranger = strangerIn(headers, this.#settings);
    if (stranger) {
      const { header, value } = stranger;
      const message = `${header} '${value}' is not this machine; allow it with the gateway's option allowedHosts (--allow-host).`;
      return refusal(403, `${header.toLowerCase()}_not_allowed`, message);
    }
    const key = keyIn(headers);
    const given = digest(key ?? "");
    const client = key === undefined ? "" : given.toString("base64");
    if (!this.#tokens) return { client };
    const token = this.#tokens.findIndex((each) => timingSafeEqual(each, given)) + 1;
    if (token > 0) return { client, token };
    const message = "The key is not one of the gateway's tokens: set one of them as the API key.";
    return refusal(401, "invalid_api_key", message);
  }
}

/** The key as the SDKs send it; Azure's in another header. */
function keyIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
  return bearer ?? headers["api-key"]?.toString();
}

/** Of fixed length, so that a comparison takes constant time. */
function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
