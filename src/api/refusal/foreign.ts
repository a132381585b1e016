import { isJsonObject, type JsonObject } from "../wire/json.ts";
import { listed } from "./codes.ts";
import { readDetails, statusNumber, statusOf } from "./details.ts";

/** How the service names its events, later ones too: lower-case words with dots between them. `error` and `keepalive` are the exceptions. */
const SERVICE_NAME = /^[a-z\d_]+(?:\.[a-z\d_-]+)+$/;
/** How servers name errors: `BadRequestError`, `invalid_request_error`, `openai.InternalServerError`, `ThrottlingException`. */
const ERROR_NAME = /(?:error|exception)$/i;

/** True if an event type may be one that the service has added. Such an event is never a gateway's error, whatever its fields are. */
export function isServiceName(type: string): boolean {
  return SERVICE_NAME.test(type);
}

/** True if JSON calls itself an error, or has one. */
export function isNamedError({ error, object }: JsonObject): boolean {
  return object === "error" || isJsonObject(error) || (typeof error === "string" && error.trim() !== "");
}

/**
 * True for an error in the middle of a stream, or in an answer with a status of success, in a form that only gateways and proxies use: with
 * the name of the error as its type, or without a type (vLLM, LiteLLM, API gateways).
 *
 * An event with the name of a service's event is none. Any other is one if it says so (`object: "error"`, `error`), or if it has a message
 * and something that makes it one: no type, a type that is the name of an error, or a status from 400 on.
 */
export function isForeignError(event: JsonObject): boolean {
  const type = typeof event.type === "string" ? event.type : "";
  if (isServiceName(type)) return false;
  if (isNamedError(event)) return true;
  const details = readDetails(event);
  if (details.message === undefined) return false;
  if (type === "" || ERROR_NAME.test(type) || listed(details) !== undefined) return true;
  return (statusOf(event) ?? statusNumber(event.code) ?? 0) >= 400;
}
