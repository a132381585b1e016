import type { StepAnswer } from "../delivery/script.ts";
import { isFields, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../journal/recording.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { ServiceError } from "../service-error.ts";

/**
 * Answers `realtime/calls`: an SDP answer to the offer, and where the call is. Nobody is at the other end of it.
 *
 * @throws {@link ServiceError} 400 without an offer in one of the three forms.
 */
export function createCall(request: RecordedRequest, calls: Set<string>, identifiers: Identifiers): StepAnswer {
  const offer = offerIn(request);
  if (!offer?.startsWith("v=0")) throw new ServiceError(400, { message: "The SDP offer is missing.", param: "sdp" });
  const callId = identifiers.next("rtc");
  calls.add(callId);
  return {
    status: 201,
    headers: { "content-type": "application/sdp", location: `/v1/realtime/calls/${callId}` },
    body: "v=0\r\no=emulator 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
  };
}

/** What needs a field in its body. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ["accept", "type"],
  ["refer", "target_uri"],
]);

/**
 * Answers what can be done with a call. Nobody telephones the emulator, so any id can be accepted, rejected and passed on; only a call that
 * was opened here can be hung up, and once.
 *
 * @throws {@link ServiceError} 404, or 400 where the body lacks what it needs.
 */
export function actOnCall(pathname: string, { json }: RecordedRequest, calls: Set<string>): StepAnswer {
  const [act = "", callId = ""] = pathname.split("/").reverse();
  const needed = NEEDED.get(act);
  if (needed !== undefined && !(isFields(json) && stringIn(json, needed))) {
    throw new ServiceError(400, { message: `Missing required parameter: '${needed}'.`, param: needed });
  }
  if (act === "hangup" && !calls.delete(callId)) {
    throw new ServiceError(404, { message: `No session found for call '${callId}'.`, code: "call_id_not_found" });
  }
  return {};
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
