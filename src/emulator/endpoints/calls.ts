import type { StepAnswer } from "../delivery/script.ts";
import { type Fields, isFields, stringIn } from "../fields.ts";
import type { RecordedRequest } from "../journal/recorded-request.ts";
import type { AgreedSessions } from "../realtime/agreed-sessions.ts";
import { ServiceError } from "../service-error.ts";
import { missing } from "../validation/faults.ts";
import type { EndpointContext } from "./context.ts";
import { formIn, isForm } from "./form.ts";

/**
 * Answers `realtime/calls` with an SDP answer to the offer, and the address of the call. There is no audio; a WebSocket that joins the call
 * finds the session that came with the offer.
 *
 * @throws {@link ServiceError} 400 without an offer in one of the three forms.
 */
export async function createCall(
  request: RecordedRequest,
  { identifiers, agreedSessions }: Pick<EndpointContext, "identifiers" | "agreedSessions">,
): Promise<StepAnswer> {
  const { sdp, session } = await offerIn(request);
  if (!sdp?.startsWith("v=0")) throw new ServiceError(400, { message: "The SDP offer is missing.", param: "sdp" });
  const callId = identifiers.next("rtc");
  agreedSessions.callOpened(callId, session ?? {});
  return {
    status: 201,
    headers: { "content-type": "application/sdp", location: `/v1/realtime/calls/${callId}` },
    body: "v=0\r\no=emulator 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
  };
}

/** Actions that need a field in the body. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ["accept", "type"],
  ["refer", "target_uri"],
]);

/**
 * Answers what can be done with a call. Nobody telephones the emulator, so any id can be accepted, which opens the call, rejected and
 * passed on; only a call that is open can be joined, and hung up, and that once.
 *
 * @throws {@link ServiceError} 404, or 400 if the body lacks a required field.
 */
export function actOnCall(pathname: string, { json }: RecordedRequest, agreed: AgreedSessions): StepAnswer {
  const [act = "", callId = ""] = pathname.split("/").reverse();
  const needed = NEEDED.get(act);
  if (needed !== undefined && !(isFields(json) && stringIn(json, needed))) {
    throw missing(needed);
  }
  if (act === "hangup") agreed.callEnded(callId);
  if (act === "accept" && isFields(json)) agreed.callOpened(callId, json);
  return {};
}

interface Offer {
  readonly sdp?: string | undefined;
  readonly session?: Fields | undefined;
}

async function offerIn(request: RecordedRequest): Promise<Offer> {
  const type = request.headers["content-type"] ?? "";
  if (/^application\/sdp\b/i.test(type)) return { sdp: Buffer.from(request.body).toString() };
  const { json } = request;
  const given = isForm(request) ? fieldsOf(await formIn(request)) : isFields(json) ? json : {};
  return { sdp: stringIn(given, "sdp"), session: isFields(given.session) ? given.session : undefined };
}

/** @throws {@link ServiceError} 400 */
function fieldsOf(form: FormData): Fields {
  const session = form.get("session");
  try {
    return { sdp: form.get("sdp"), session: typeof session === "string" ? JSON.parse(session) : undefined };
  } catch {
    throw new ServiceError(400, { message: "The session is not JSON.", param: "session" });
  }
}
