import { BuildError, HttpError } from "../../../client/failure/kinds.ts";
import { readBodyDetails } from "../../refusal/details.ts";
import { ResponseGoneError } from "../../refusal/kinds.ts";
import { type Answer, readAnswer } from "../../service/answer.ts";
import type { EndpointCall } from "../../service/call.ts";
import type { Service } from "../../service/service.ts";
import { readStoredResponse, type StoredResponse } from "./response.ts";

/** A call about one stored response; `below` is the rest of its path. */
export interface StoredCall
  extends Pick<EndpointCall, "method" | "query" | "headers" | "signal" | "traceContext" | "scope"> {
  readonly below?: "cancel" | "input_items" | undefined;
}

/** For the call that asks for the state of a response. */
export const FAILURE = "failed to decode a stored response";

/** @throws {@link BuildError} The id is invalid. */
export function checkedId(id: string): string {
  if (typeof id === "string" && id.trim() !== "") return id;
  throw new BuildError("a response's id must be a text such as resp_…; it is the responseId of an answer");
}

/** The call as an endpoint call. @throws {@link BuildError} The id is invalid. */
export function storedCall(id: string, { below, ...call }: StoredCall): EndpointCall {
  const rest = below === undefined ? "" : `/${below}`;
  return {
    ...call,
    path: `responses/${encodeURIComponent(checkedId(id))}${rest}`,
    endpoint: `responses/{id}${rest}`,
  };
}

/** @throws The kinds of `docs/errors.md`. {@link ResponseGoneError} There is no such response. */
export async function askStored(service: Service, id: string, call: StoredCall): Promise<Answer> {
  return ofStored(id, () => service.execute(storedCall(id, call)));
}

/** The current state of the response, and the answer that brought it. Throws as {@link askStored}. */
export async function retrieveStored(
  service: Service,
  id: string,
  call: Omit<StoredCall, "method" | "below"> = {},
): Promise<{ readonly response: StoredResponse; readonly answer: Answer }> {
  const answer = await askStored(service, id, { ...call, method: "GET" });
  return { response: readStoredResponse(readAnswer(answer, FAILURE), id), answer };
}

/** Cancels the response and returns its new state. Throws as {@link askStored}. */
export async function cancelStored(
  service: Service,
  id: string,
  call: Omit<StoredCall, "method" | "below"> = {},
): Promise<StoredResponse> {
  const answer = await askStored(service, id, { ...call, method: "POST", below: "cancel" });
  return readStoredResponse(readAnswer(answer, FAILURE), id);
}

/** Runs `work`. A 404 about the response, not about the address, becomes a {@link ResponseGoneError}. */
export async function ofStored<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof HttpError && isGone(id, error) ? gone(id, error) : error;
  }
}

function isGone(id: string, { status, body }: HttpError): boolean {
  if (status !== 404) return false;
  return body.includes(id) || (readBodyDetails(body).code?.endsWith("not_found") ?? false);
}

function gone(responseId: string, cause: HttpError): ResponseGoneError {
  const { requestId } = cause;
  return new ResponseGoneError(
    `response ${responseId} is gone: it was deleted, it has expired, it was never stored (store: true), or it belongs to another account or project. Send a new request`,
    { responseId, requestId, cause },
  );
}
