import { createHash, timingSafeEqual } from "node:crypto";
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

  /** @returns The client, as far as it can be identified; or why it is refused. */
  admit(headers: IncomingHttpHeaders): { readonly client: string } | WholeAnswer {
    const stranger = strangerIn(headers, this.#settings);
    if (stranger) {
      const { header, value } = stranger;
      const message = `${header} '${value}' is not this machine; allow it with the gateway's option allowedHosts (--allow-host).`;
      return refusal(403, `${header.toLowerCase()}_not_allowed`, message);
    }
    const key = keyIn(headers);
    if (this.#tokens) {
      const given = digest(key ?? "");
      if (!this.#tokens.some((token) => timingSafeEqual(token, given)))
        return refusal(
          401,
          "invalid_api_key",
          "The key is not one of the gateway's tokens: set one of them as the API key.",
        );
    }
    return { client: key === undefined ? "" : digest(key).toString("base64") };
  }
}

/** The key as the SDKs send it; Azure's in another header. */
function keyIn(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
  return bearer ?? headers["api-key"]?.toString();
}

/** Of fixed length, so that a comparison takes constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
