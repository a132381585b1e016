import { describe, expect, test } from "vitest";
import { exitStatusOf } from "../../src/cli/exit-status.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { CodexApiError } from "../../src/client/errors.ts";
import { errorClasses } from "../support/error-classes.ts";
import { readProjectFile, typescriptFiles } from "../support/project-files.ts";

/** Permanent: programs branch on them. A kind may be added; none may be renamed or removed. */
const KINDS = [
  "aborted",
  "build",
  "ca_invalid",
  "ca_read",
  "ca_rejected",
  "context_window_exceeded",
  "http",
  "incomplete",
  "invalid_request",
  "network",
  "quota_exceeded",
  "rate_limit",
  "retryable",
  "server_overloaded",
  "stream",
  "timeout",
  "usage",
  "usage_limit_reached",
  "usage_not_included",
];

const classes = errorClasses(typescriptFiles("src").map(({ text }) => text));
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

test("the kinds of errors are the ones that were promised", () => {
  expect(classes.map(({ kind }) => kind).sort()).toEqual(KINDS);
});

test("docs/errors.md has a section for every kind and for nothing else", () => {
  expect([...sections.keys()].sort()).toEqual(KINDS);
});

describe.each(classes)("docs/errors.md on $kind", ({ kind, className, fields, mayBeRetryable }) => {
  const section = sections.get(kind) ?? "";

  test("names the class and every field", () => {
    expect(bullet(section, "Class")).toBe(`\`${className}\``);
    const documented = bullet(section, "Fields");
    expect(fields.filter((field) => !documented.includes(`\`${field}\``))).toEqual([]);
    expect(documented === "none").toBe(fields.length === 0);
  });

  test("says truly whether it can be retried", () => {
    expect(bullet(section, "Retryable")).toMatch(mayBeRetryable ? /^(yes|depends: .+)$/ : /^no$/);
  });

  test("says what to do", () => {
    expect(bullet(section, "What to do").length).toBeGreaterThan(20);
  });

  test("gives the exit status that the command ends with", () => {
    class Failure extends CodexApiError {
      readonly kind = kind;
    }
    const error = kind === "usage" ? new UsageError("wrong") : new Failure("failed");
    expect(bullet(section, "Exit status")).toMatch(new RegExp(`^${exitStatusOf(error)}\\b`));
  });
});
