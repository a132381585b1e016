import { expectTypeOf, test } from "vitest";
import { HttpError, TransportFailure } from "../../src/client/index.ts";
import {
  CodexApiError,
  type CodexFailure,
  type PartialResponse,
  type RestartedEvent,
  type ResumedEvent,
  type RetryPolicy,
} from "../../src/index.ts";

// Checked by the compiler: `@ts-expect-error` on a line without an error is an error.

test("a kind tells its fields", () => {
  const caught: unknown = new HttpError("no", { status: 500, headers: {}, body: "" });
  if (!CodexApiError.is(caught)) throw caught;
  expectTypeOf(caught).toEqualTypeOf<CodexFailure>();
  switch (caught.kind) {
    case "rate_limit":
      expectTypeOf(caught.retryAfterMs).toEqualTypeOf<number | undefined>();
      expectTypeOf(caught.code).toEqualTypeOf<string | undefined>();
      break;
    case "http":
      expectTypeOf(caught.status).toEqualTypeOf<number>();
      expectTypeOf(caught.body).toEqualTypeOf<string>();
      break;
    case "timeout":
      expectTypeOf(caught.phase).toEqualTypeOf<"connect" | "headers" | "idle">();
      break;
    case "limit":
      expectTypeOf(caught.what).toEqualTypeOf<string>();
      expectTypeOf(caught.limit).toEqualTypeOf<number>();
      break;
    case "usage_limit_reached":
      expectTypeOf(caught.resetsAt).toEqualTypeOf<number | undefined>();
      break;
    case "build":
      // @ts-expect-error: a failure of this kind has no status
      void caught.status;
      break;
  }
});

test("a misspelt kind does not compile", () => {
  const isBusy = (error: CodexFailure) =>
    // @ts-expect-error: it is rate_limit
    error.kind === "ratelimit";
  expectTypeOf(isBusy).returns.toEqualTypeOf<boolean>();
});

test("what all have in common needs no kind", () => {
  expectTypeOf<CodexFailure["outlook"]>().toEqualTypeOf<"again" | "elsewhere" | "never">();
  expectTypeOf<CodexFailure["replay"]>().toEqualTypeOf<"safe" | "unsafe">();
  expectTypeOf<CodexFailure["requestId"]>().toEqualTypeOf<string | undefined>();
  expectTypeOf<CodexFailure["partial"]>().toEqualTypeOf<PartialResponse | undefined>();
});

test("instanceof narrows as is() does", () => {
  const caught: unknown = new Error("else");
  if (caught instanceof CodexApiError) expectTypeOf(caught).toEqualTypeOf<CodexFailure>();
  if (TransportFailure.is(caught) && caught.kind === "network")
    expectTypeOf(caught.proxyStatus).toEqualTypeOf<number | undefined>();
});

test("a policy is told what failed and where", () => {
  const policy: RetryPolicy = {
    shouldRetry: (error, { layer, attempt }) => layer === "stream" && attempt < 2 && error.retryable,
  };
  expectTypeOf(policy.shouldRetry).not.toBeNever();
});

test("what a stream broke of is told by its kind, among the events too", () => {
  expectTypeOf<RestartedEvent["reason"]>().toEqualTypeOf<CodexFailure["kind"]>();
  expectTypeOf<ResumedEvent["reason"]>().toEqualTypeOf<CodexFailure["kind"]>();
});
