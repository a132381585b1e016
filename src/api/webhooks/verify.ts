import { createHmac, timingSafeEqual } from "node:crypto";
import { BuildError } from "../../client/failure/kinds.ts";
import { count, knownOptions, object } from "../../client/options.ts";
import { type WebhookFault, WebhookInvalidError } from "../refusal/kinds.ts";
import { readWebhookEvent, type WebhookEvent } from "./event.ts";

/** Headers in the form of `node:http`, a `Request` or a plain object; names in any case. */
export type WebhookHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

export interface WebhookOptions {
  /** How far the webhook's time may be off, in milliseconds, in either direction. @default 300 000 */
  readonly toleranceMs?: number | undefined;
  /** Current Unix time in milliseconds. @default the system's */
  readonly nowMs?: number | undefined;
}

const OPTIONS = knownOptions<WebhookOptions>("the options of verifyWebhook", { toleranceMs: true, nowMs: true });

const DEFAULT_TOLERANCE_MS = 300_000;
const SECRET_PREFIX = "whsec_";
const VERSION = "v1,";

/**
 * Checks that a webhook was sent by the service, is unchanged and recent, and returns its event. Signatures are compared in constant time.
 *
 * @param headers - Headers of the request.
 * @param body - The body as received, as bytes or text; not JSON that was parsed and serialized again.
 * @param secret - The secret as the service shows it (`whsec_…`); several while one is being replaced.
 * @throws {@link WebhookInvalidError} `reason` says what is wrong: answer 400. {@link BuildError} The secret, the body or an option is
 *   invalid.
 * @see The Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`.
 * @example
 * ```ts
 * const event = verifyWebhook(request.headers, body, process.env.OPENAI_WEBHOOK_SECRET);
 * if (event.responseId !== undefined) console.log(await api.responses.retrieve(event.responseId));
 * ```
 */
export function verifyWebhook(
  headers: WebhookHeaders,
  body: string | Uint8Array,
  secret: string | readonly string[],
  options: WebhookOptions = {},
): WebhookEvent {
  OPTIONS(options);
  object("headers", headers, "those of the request");
  const keys = [secret].flat().map(keyOf);
  if (keys.length === 0) throw new BuildError("secret is an empty list: give the webhook's secret (whsec_…)");
  const bytes = bytesOf(body);
  const id = headerIn(headers, "webhook-id");
  const timestamp = headerIn(headers, "webhook-timestamp");
  const signatures = signaturesIn(headerIn(headers, "webhook-signature"));
  const isSigned = keys.some((key) => {
    const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(bytes).digest();
    // All are compared, even after a match, to keep the time constant.
    return (
      signatures.filter((given) => given.length === expected.length && timingSafeEqual(given, expected)).length > 0
    );
  });
  if (!isSigned) {
    throw invalid(
      "signature",
      "no signature matches: the secret belongs to another endpoint, the body was changed on the way (pass it as received), or someone else sent it",
    );
  }
  checkTime(timestamp, options);
  const event = readWebhookEvent(new TextDecoder().decode(bytes));
  if (event === undefined) throw invalid("body", "it is signed, but its body is not an event with an id and a type");
  return event;
}

/** @throws {@link BuildError} The secret is invalid. The message does not repeat it. */
function keyOf(secret: string): Buffer {
  const wanted = "the webhook's secret (whsec_…), as the service shows it";
  if (typeof secret !== "string" || secret.trim() === "") throw new BuildError(`secret must be ${wanted}`);
  const encoded = secret.trim();
  if (!encoded.startsWith(SECRET_PREFIX)) return Buffer.from(encoded);
  const key = Buffer.from(encoded.slice(SECRET_PREFIX.length), "base64");
  if (key.length === 0) throw new BuildError(`secret must be ${wanted}; after whsec_ this one has nothing in base64`);
  return key;
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  throw new BuildError("body must be the request's bytes or text as received, not the parsed JSON");
}

function headerIn(headers: WebhookHeaders, name: string): string {
  const value = "get" in headers && typeof headers.get === "function" ? headers.get(name) : fieldIn(headers, name);
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  throw invalid("headers", `the header ${name} is missing`);
}

function fieldIn(headers: object, name: string): unknown {
  const [, value] = Object.entries(headers).find(([each]) => each.toLowerCase() === name) ?? [];
  return Array.isArray(value) ? value.join(" ") : value;
}

function signaturesIn(header: string): Buffer[] {
  return header
    .split(/\s+/)
    .filter((each) => each.startsWith(VERSION))
    .map((each) => Buffer.from(each.slice(VERSION.length), "base64"));
}

function checkTime(timestamp: string, { toleranceMs = DEFAULT_TOLERANCE_MS, nowMs }: WebhookOptions): void {
  if (!/^\d{1,15}$/.test(timestamp)) throw invalid("timestamp", "webhook-timestamp is not a time in Unix seconds");
  const offSeconds = Math.round((nowMs ?? Date.now()) / 1000) - Number(timestamp);
  if (Math.abs(offSeconds) * 1000 <= count("toleranceMs", toleranceMs)) return;
  const where = offSeconds > 0 ? "ago" : "ahead";
  throw invalid(
    "timestamp",
    `it was signed ${Math.abs(offSeconds)} s ${where}, and ${toleranceMs / 1000} s are allowed: someone sent it again, or this machine's clock is wrong`,
  );
}

function invalid(reason: WebhookFault, why: string): WebhookInvalidError {
  return new WebhookInvalidError(`the webhook is not valid: ${why}`, { reason });
}
