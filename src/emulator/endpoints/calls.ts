import { type Fields, fieldsIn, isFields, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../recording.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import type { StepAnswer } from "../script.ts";
import { ServiceError } from "../service-error.ts";

/**
 * Answers `realtime/calls`: an SDP answer to the offer, and where the call is. Nobody is at the other end of it.
 *
 * @throws {@link ServiceError} 400 without an offer in one of the three forms.
 */
export function createCall(request: RecordedRequest, identifiers: Identifiers): StepAnswer {
  const offer = offerIn(request);
  if (!offer?.startsWith("v=0")) throw new ServiceError(400, { message: "The SDP offer is missing.", param: "sdp" });
  return {
    status: 201,
    headers: { "content-type": "application/sdp", location: `/v1/realtime/calls/${identifiers.next("rtc")}` },
    body: "v=0\r\no=emulator 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
  };
}

function offerIn({ headers, body, json }: RecordedRequest): string | undefined {
  const type = headers["content-type"] ?? "";
  if (/^application\/json\b/i.test(type)) return isFields(json) ? stringIn(json, "sdp") : undefined;
  const content = Buffer.from(body).toString();
  if (/^application\/sdp\b/i.test(type)) return content;
  const boundary = /^multipart\/form-data;.*\bboundary="?([^";]+)/i.exec(type)?.[1];
  return boundary === undefined ? undefined : partNamed("sdp", content.split(`--${boundary}`));
}

function partNamed(name: string, parts: readonly string[]): string | undefined {
  for (const part of parts) {
    const end = part.indexOf("\r\n\r\n");
    if (end !== -1 && part.slice(0, end).includes(`name="${name}"`)) return part.slice(end + 4).replace(/\r\n$/, "");
  }
  return undefined;
}

const SECRET_LIFE_SECONDS = 600;

/** Answers `realtime/client_secrets`: a key for a browser, which opens nothing but what the emulator opens to everybody. */
export function createClientSecret({ json }: RecordedRequest, identifiers: Identifiers, nowSeconds: number): Fields {
  const session = isFields(json) ? (fieldsIn(json, "session") ?? {}) : {};
  return {
    value: identifiers.next("ek"),
    expires_at: nowSeconds + SECRET_LIFE_SECONDS,
    session: { type: "realtime", object: "realtime.session", id: identifiers.next("sess"), ...session },
  };
}
