import { ProtocolError } from "../../client/failure/kinds.ts";
import { isSendableHeaderValue } from "../../client/headers.ts";
import { knownOptions, object, present, text } from "../../client/options.ts";
import { isChatgptBackend } from "../provider.ts";
import { sessionWire } from "../realtime/protocol/session-wire.ts";
import type { RealtimeSession } from "../realtime/session.ts";
import { type Answer, answerText, checkDone, unreadable } from "../service/answer.ts";
import type { EndpointCall } from "../service/call.ts";
import { UNARY_NAMES, type UnaryOptions, unaryCall } from "../service/call-options.ts";
import { ServiceClient } from "../service/client.ts";
import { jsonText, receivedJson } from "../wire/json.ts";
import { formBody } from "./form.ts";

export interface CallOptions extends UnaryOptions {
  /**
   * Sent with the offer, so that the model can begin as soon as the connection is up: the contents of `session.update`, with `model`. An
   * `id` in it is left out. By default no session is sent.
   */
  readonly session?: object | undefined;
}

export interface CreatedCall {
  /** The answer for the peer connection. */
  readonly sdp: string;
  /** `rtc_…`: connects a WebSocket to the call. */
  readonly callId: string;
}

const OPTIONS = knownOptions<CallOptions>("the options of a call", { ...UNARY_NAMES, session: true });

const BOUNDARY = "codex-realtime-call-boundary";

/**
 * `POST {baseUrl}/realtime/calls`: opens WebRTC calls, and accepts, rejects, transfers and ends calls. The Rust client of March 2026 has no
 * such calls.
 */
export class CallsClient extends ServiceClient {
  /**
   * Sends an SDP offer. Without a `session` it is the whole body; with one, both go as `multipart/form-data`, or as JSON to the ChatGPT
   * backend.
   *
   * @throws The kinds of `docs/errors.md`. {@link ProtocolError} The answer has no call id in its `Location` header.
   */
  async create(sdp: string, options: CallOptions = {}): Promise<CreatedCall> {
    present("sdp", sdp, "give the peer connection's offer");
    const call = unaryCall("realtime/calls", undefined, options, OPTIONS);
    const response = await this.service.execute({ ...call, ...this.#bodyOf(sdp, options.session) });
    const answer = decodeSdp(response);
    return { callId: callIdOf(response), sdp: checkedSdp(response, answer) };
  }

  /** Accepts an incoming call. @param session - The contents of `session.update`, with `model`. @throws The kinds of `docs/errors.md`. */
  async accept(callId: string, session: RealtimeSession, options: UnaryOptions = {}): Promise<void> {
    object("the session of accept()", session, "an object with model");
    await this.#act(callId, "accept", sessionWire(session), options);
  }

  /**
   * Rejects an incoming call.
   *
   * @param options - `statusCode`: the SIP status that the caller gets. The service's default is 603 (declined).
   * @throws The kinds of `docs/errors.md`.
   */
  async reject(
    callId: string,
    options: UnaryOptions & { readonly statusCode?: number | undefined } = {},
  ): Promise<void> {
    const { statusCode, ...call } = object("the options of reject()", options, "an object");
    await this.#act(callId, "reject", statusCode === undefined ? {} : { status_code: statusCode }, call);
  }

  /** Transfers a call. @param targetUri - `tel:+14155550123`, or a SIP address. @throws The kinds of `docs/errors.md`. */
  async refer(callId: string, targetUri: string, options: UnaryOptions = {}): Promise<void> {
    text("targetUri", targetUri);
    await this.#act(callId, "refer", { target_uri: targetUri }, options);
  }

  /** Ends a call, WebRTC or SIP. @throws The kinds of `docs/errors.md`. */
  async hangUp(callId: string, options: UnaryOptions = {}): Promise<void> {
    await this.#act(callId, "hangup", undefined, options);
  }

  async #act(callId: string, act: string, body: object | undefined, options: UnaryOptions): Promise<void> {
    present("callId", callId, "name the call, rtc_…");
    const call = unaryCall(`realtime/calls/${encodeURIComponent(callId)}/${act}`, body, options);
    checkDone(await this.service.execute(call), `failed to decode the answer to ${act}`);
  }

  #bodyOf(sdp: string, session: object | undefined): Pick<EndpointCall, "json" | "raw"> {
    if (session === undefined) {
      const offer = Buffer.from(sdp);
      return { raw: { contentType: "application/sdp", open: () => offer } };
    }
    const { id: _ofNoUse, ...fields } = session as { readonly id?: unknown };
    if (isChatgptBackend(this.service.provider)) return { json: { sdp, session: fields } };
    const parts = [
      { name: "sdp", text: sdp, type: "application/sdp" },
      { name: "session", text: jsonText(fields), type: "application/json" },
    ];
    return { raw: formBody(parts, BOUNDARY) };
  }
}

function decodeSdp({ body }: Answer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new ProtocolError("failed to decode realtime call SDP response: it is not UTF-8", { cause });
  }
}

/** Every session description begins with its version (RFC 8866). */
function checkedSdp(response: Answer, sdp: string): string {
  if (/^\s*v=/.test(sdp)) return sdp;
  const message = "failed to decode realtime call SDP response: it does not begin with v=, as SDP does";
  throw unreadable(response, receivedJson(sdp), message);
}

/**
 * The call's id in a `Location` header: its last path segment of the form `rtc_…`.
 *
 * @throws {@link ProtocolError} There is none.
 */
function callIdOf(response: Answer): string {
  const { headers, blank } = response;
  const { location } = headers;
  if (location === undefined) {
    const message = "realtime call response missing Location; check that the base URL is one of the Realtime API";
    throw unreadable(response, receivedJson(answerText(response)), message);
  }
  if (!isSendableHeaderValue(location)) throw new ProtocolError("invalid realtime call Location: it is not ASCII");
  const [path = ""] = location.split("?", 1);
  const id = path.split("/").findLast((segment) => /^rtc_./.test(segment));
  if (id === undefined) throw new ProtocolError(`realtime call Location does not contain a call id: ${blank(path)}`);
  return id;
}
