import { describe, expect, test } from "vitest";
import { CodexApiError, type CodexFailure, KINDS } from "../../src/api/refusal/kinds.ts";
import { exitStatusOf, UsageError } from "../../src/cli/failure.ts";
import { classNameOf, Failure } from "../../src/client/failure/failure.ts";
import * as api from "../../src/index.ts";
import { declaredKinds } from "../support/failure-kinds.ts";
import { readProjectFile, typescriptFiles } from "../support/project-files.ts";

/** Permanent, because programs branch on them: kinds may be added, but not renamed or removed. */
const PROMISED = [
  "aborted",
  "build",
  "ca_invalid",
  "ca_read",
  "ca_rejected",
  "cancelled",
  "context_window_exceeded",
  "http",
  "incomplete",
  "invalid_request",
  "limit",
  "network",
  "not_supported",
  "protocol",
  "quota_exceeded",
  "rate_limit",
  "response_gone",
  "retryable",
  "server_overloaded",
  "steer_failed",
  "stream",
  "timeout",
  "usage_limit_reached",
  "usage_not_included",
  "webhook_invalid",
];

const fieldsByKind = declaredKinds(typescriptFiles("src").map(({ text }) => text));
const sections = new Map(
  readProjectFile("docs/errors.md")
    .split(/^## /m)
    .slice(1)
    .map((text) => [/^`(\w+)`/.exec(text)?.[1] ?? text, text]),
);

/** One bullet of a section, its continuation lines included. */
function bullet(section: string, label: string): string {
  const text = new RegExp(`^- ${label}: (.*(?:\\n  .*)*)`, "m").exec(section)?.[1];
  if (text === undefined) throw new Error(`the section has no bullet "${label}"`);
  return text;
}

/** A failure of a kind, with fields that its rules can judge. */
function failureOf(kind: string, fields: object = {}): CodexFailure {
  const FailureClass = new Map<string, unknown>(Object.entries(api)).get(classNameOf(kind)) as new (
    message: string,
    fields: object,
  ) => CodexFailure;
  return new FailureClass("failed", { status: 418, headers: {}, body: "", ...fields });
}

test("the kinds of errors are the ones that were promised", () => {
  expect(Object.keys(KINDS).sort()).toEqual(PROMISED);
});

test("docs/errors.md has a section for every kind, for the command's own, and for nothing else", () => {
  expect([...sections.keys()].sort()).toEqual([...PROMISED, "usage"].sort());
});

test("says of a wrong command line what it ends with", () => {
  expect(bullet(sections.get("usage") ?? "", "Exit status")).toMatch(
    new RegExp(`^${exitStatusOf(new UsageError("?"))}\\b`),
  );
});

describe.each(PROMISED)("docs/errors.md on %s", (kind) => {
  const section = sections.get(kind) ?? "";
  const row = KINDS[kind as keyof typeof KINDS];

  test("names the class, which is exported, and every field", () => {
    expect(failureOf(kind)).toMatchObject({ kind, name: classNameOf(kind) });
    expect(bullet(section, "Class")).toBe(`\`${classNameOf(kind)}\``);
    const fields = fieldsByKind.get(kind) ?? [];
    const documented = bullet(section, "Fields");
    expect(fields.filter((field) => !documented.includes(`\`${field}\``))).toEqual([]);
    expect(documented === "none").toBe(fields.length === 0);
  });

  test("says truly what could help", () => {
    const told = bullet(section, "Outlook");
    if (typeof row.outlook === "string") expect(told).toMatch(new RegExp(`^${row.outlook}(?:$|;)`));
    else expect(told).toMatch(/^depends: .+/);
  });

  test("says truly whether the server may have done the work", () => {
    const told = bullet(section, "Replay");
    if (typeof row.replay === "string") expect(told).toMatch(new RegExp(`^${row.replay}(?:$|;)`));
    else expect(told).toMatch(/^depends: .+/);
  });

  test("says what to do", () => {
    expect(bullet(section, "What to do").length).toBeGreaterThan(20);
  });

  test("gives the exit status that the command ends with", () => {
    expect(bullet(section, "Exit status")).toMatch(new RegExp(`^${exitStatusOf(failureOf(kind))}\\b`));
  });
});

describe("a failure", () => {
  test("is an instance of the root, whichever copy of the package made it", () => {
    class OfAnotherCopy extends Error {
      readonly kind = "timeout";
      get [Symbol.for("codex-wire.failure")]() {
        return true;
      }
    }
    expect(CodexApiError.is(new OfAnotherCopy())).toBe(true);
    expect(new OfAnotherCopy()).toBeInstanceOf(CodexApiError);
    expect(new Error("else")).not.toBeInstanceOf(CodexApiError);
  });

  test("leaves out of its fields what is undefined", () => {
    const error = new api.NetworkError("broken", { code: undefined, phase: "dns" });
    expect(Object.keys(error)).not.toContain("code");
    expect(error.toJSON()).toEqual({
      kind: "network",
      message: "broken",
      phase: "dns",
      outlook: "again",
      replay: "safe",
    });
  });

  test("tells an AbortSignal.timeout from an abort", () => {
    const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
    expect(new api.AbortedError(reason).message).toContain("AbortSignal.timeout");
    expect(new api.AbortedError("enough").message).toBe("aborted by the caller: enough");
    expect(new api.AbortedError(new Error("the session was closed")).message).toBe(
      "aborted by the caller: the session was closed",
    );
    expect(new api.AbortedError(AbortSignal.abort().reason).message).toBe("aborted by the caller");
  });

  test("hides a server's text from printing, not from programs", () => {
    const error = new api.HttpError("no", { status: 500, headers: { a: "b" }, body: "long page" });
    expect(Object.keys(error)).not.toContain("body");
    expect(error.body).toBe("long page");
    expect(error.toJSON()).toHaveProperty("body", "long page");
    expect(Failure.is(error)).toBe(true);
  });
});
