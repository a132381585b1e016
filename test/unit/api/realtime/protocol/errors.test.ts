import { describe, expect, it } from "vitest";
import { parseFrame } from "../../../../../src/api/realtime/protocol/decoders.ts";
import { protocols } from "../../../../../src/api/realtime/protocol/protocols.ts";
import { parse } from "./support.ts";

// parity: realtime/error-in-any-form
describe.each(["v1", "v2", "v3"] as const)("an error in any form is an error event in %s", (name) => {
  it.each([
    [{ type: "error" }, "an error without a reason"],
    [{ type: "error", detail: "boom" }, "boom"],
    [{ error: "boom" }, '"boom"'],
    [{ message: "boom", connectionId: "c", requestId: "r" }, "boom"],
    [{ error: { message: "boom", code: 500 } }, "boom"],
    [{ object: "error", type: "BadRequestError", message: "boom", code: 400 }, "boom"],
    [{ type: "RateLimitError", message: "boom" }, "boom"],
  ])("%j", (event, message) => {
    expect(parse(name, event)).toMatchObject({ type: "error", message });
  });

  it("even if it is damaged, follows a byte order mark, or has numbers that JSON does not have", () => {
    expect(parse(name, '{"type":"error","message":"bo')).toMatchObject({
      type: "error",
      message: expect.stringContaining("damaged"),
    });
    expect(parse(name, '\uFEFF{"type":"error","message":"boom","after":NaN}')).toMatchObject({ message: "boom" });
  });

  it("but not an event that the service may have added", () => {
    const added = { type: "session.notice", message: "boom", code: 400 };
    expect(parseFrame(protocols[name].decoders, JSON.stringify(added))).toMatchObject({
      skipped: { reason: "unknown type" },
    });
  });
});

it("an error of v3 has its code and type, even in a gateway's form", () => {
  const vllm = { object: "error", type: "BadRequestError", message: "boom", param: "model", code: 400 };
  expect(parse("v3", vllm)).toEqual({
    ...{ type: "error", message: "boom", code: "400", errorType: "BadRequestError", param: "model" },
  });
});

it("an error that is too deep for JSON has the whole event as its message", () => {
  const depth = 100_000;
  const text = `{"type":"error","error":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const event = parse("v3", text) as { readonly message?: string };
  expect(event).toMatchObject({ type: "error" });
  expect([text, text.slice(24, -1)]).toContain(event.message); // Node 26 writes any depth
});
