import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyWebhook, type WebhookOptions } from "../../../../src/index.ts";

const SECRET = `whsec_${Buffer.from("a secret of 24 bytes ...").toString("base64")}`;
const OTHER = `whsec_${Buffer.from("another one, of 24 bytes").toString("base64")}`;
const NOW_SECONDS = 1_790_000_000;
const BODY = JSON.stringify({
  object: "event",
  id: "evt_1",
  type: "response.completed",
  created_at: NOW_SECONDS,
  data: { id: "resp_1" },
});

function signature(body: string | Uint8Array, secret = SECRET, timestamp: number | string = NOW_SECONDS): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return `v1,${createHmac("sha256", key).update(`wh_1.${timestamp}.`).update(body).digest("base64")}`;
}

function headers(more: Record<string, string | undefined> = {}) {
  return {
    "webhook-id": "wh_1",
    "webhook-timestamp": String(NOW_SECONDS),
    "webhook-signature": signature(BODY),
    ...more,
  };
}

function verify(
  given: Parameters<typeof verifyWebhook>[0] = headers(),
  body: string | Uint8Array = BODY,
  more: WebhookOptions = {},
) {
  return verifyWebhook(given, body, SECRET, { nowMs: NOW_SECONDS * 1000, ...more });
}

const reasonOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return (error as { reason?: unknown; kind?: unknown }).reason ?? (error as { kind: unknown }).kind;
  }
  return undefined;
};

describe("a webhook", () => {
  it("gives its event if it is signed and recent", () => {
    expect(verify()).toEqual({
      id: "evt_1",
      type: "response.completed",
      createdAt: NOW_SECONDS,
      responseId: "resp_1",
      wire: JSON.parse(BODY),
    });
  });

  it("is accepted with headers in any form, and as bytes", () => {
    expect(verify(new Headers(headers())).id).toBe("evt_1");
    const upper = Object.fromEntries(Object.entries(headers()).map(([name, value]) => [name.toUpperCase(), value]));
    expect(verify(upper, Buffer.from(BODY)).id).toBe("evt_1");
  });

  it("is valid with a signature in a repeated header", () => {
    const several = { ...headers(), "webhook-signature": [signature(BODY, OTHER), signature(BODY)] };
    expect(verify(several).id).toBe("evt_1");
  });

  it("is valid with one of several signatures, and with one of several secrets", () => {
    const both = `${signature(BODY, OTHER)} v2,AAAA ${signature(BODY)}`;
    expect(verify(headers({ "webhook-signature": both })).id).toBe("evt_1");
    const options = { nowMs: NOW_SECONDS * 1000 };
    expect(verifyWebhook(headers(), BODY, [OTHER, SECRET], options).id).toBe("evt_1");
  });

  it.each([
    ["another body", headers(), BODY.replace("resp_1", "resp_2"), "signature"],
    ["another secret", headers({ "webhook-signature": signature(BODY, OTHER) }), BODY, "signature"],
    ["another id", headers({ "webhook-id": "wh_2" }), BODY, "signature"],
    ["another time", headers({ "webhook-timestamp": String(NOW_SECONDS + 1) }), BODY, "signature"],
    [
      "an invalid time",
      headers({ "webhook-timestamp": "noon", "webhook-signature": signature(BODY, SECRET, "noon") }),
      BODY,
      "timestamp",
    ],
    ["a signature cut short", headers({ "webhook-signature": signature(BODY).slice(0, 20) }), BODY, "signature"],
    ["an unknown version", headers({ "webhook-signature": signature(BODY).replace("v1", "v2") }), BODY, "signature"],
    ["no signature", headers({ "webhook-signature": undefined }), BODY, "headers"],
    ["an empty id", headers({ "webhook-id": " " }), BODY, "headers"],
    ["a body that is not an event", headers({ "webhook-signature": signature("[]") }), "[]", "body"],
  ])("with %s is refused", (_what, given, body, reason) => {
    expect(reasonOf(() => verify(given, body))).toBe(reason);
  });

  it("is refused from 300 s of difference on, in either direction, or from the given tolerance", () => {
    for (const offSeconds of [-300, 300]) {
      expect(verify(headers(), BODY, { nowMs: (NOW_SECONDS + offSeconds) * 1000 }).id).toBe("evt_1");
      const nowMs = (NOW_SECONDS + offSeconds + Math.sign(offSeconds)) * 1000;
      expect(reasonOf(() => verify(headers(), BODY, { nowMs }))).toBe("timestamp");
    }
    const nowMs = (NOW_SECONDS + 11) * 1000;
    expect(reasonOf(() => verify(headers(), BODY, { nowMs, toleranceMs: 10_000 }))).toBe("timestamp");
  });

  it("needs a secret and the unparsed body, else it is a build error", () => {
    expect(reasonOf(() => verifyWebhook(headers(), BODY, ""))).toBe("build");
    expect(reasonOf(() => verifyWebhook(headers(), BODY, "whsec_"))).toBe("build");
    expect(reasonOf(() => verifyWebhook(headers(), BODY, []))).toBe("build");
    expect(reasonOf(() => verifyWebhook(headers(), JSON.parse(BODY), SECRET))).toBe("build");
  });
});
