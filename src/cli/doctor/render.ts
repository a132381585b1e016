import type { Finding, Outcome, Report } from "./findings.ts";

const MARKS: Readonly<Record<Outcome, string>> = { ok: "ok  ", warning: "note", failed: "FAIL" };

/** A distribution's bundle has 140 certificates; listing them all would bury what matters. The flawed ones come first. */
const MOST_DETAILS = 10;

/** The report for people. */
export function renderReport(report: Report): string {
  const lines = [`codex-wire doctor: ${report.url}`];
  for (const { title, findings } of report.sections) {
    lines.push("", title);
    for (const finding of findings) lines.push(...renderFinding(finding));
  }
  lines.push("", conclusionOf(report));
  if (report.helpDesk !== undefined) lines.push("", report.helpDesk);
  return `${lines.join("\n")}\n`;
}

function conclusionOf({ sections }: Report): string {
  const outcomes = new Set(sections.flatMap(({ findings }) => findings.map(({ outcome }) => outcome)));
  if (outcomes.has("failed")) return "The first FAIL above is the cause.";
  return outcomes.has("warning")
    ? "Nothing on the way fails; look at what is marked note."
    : "Everything on the way works.";
}

function renderFinding({ check, outcome, text, durationMs, details = [] }: Finding): string[] {
  const time = durationMs === undefined ? "" : ` (${durationMs.toFixed(1)} ms)`;
  const shown = details.slice(0, MOST_DETAILS);
  const rest = details.length - shown.length;
  if (rest > 0) shown.push(`and ${rest} more (--json lists all)`);
  return [`  ${MARKS[outcome]} ${check}: ${text}${time}`, ...shown.map((line) => `         ${line}`)];
}

/** The same as data. */
export function reportToJson({ url, sections, error, helpDesk }: Report): Record<string, unknown> {
  return { type: "report", url, ok: error === undefined, sections, helpDesk };
}
