import { hanging, wrapped } from "../terminal/layout.ts";
import type { Finding, Outcome, Report } from "./findings.ts";

const MARKS: Readonly<Record<Outcome, string>> = { ok: "ok  ", warning: "note", failed: "FAIL" };

/** A distribution's bundle has 140 certificates, and listing all would bury what matters. Flawed ones come first. */
const MOST_DETAILS = 10;
const DETAIL_INDENT = " ".repeat(9);

/** The report as text. */
export function renderReport(report: Report, columns?: number): string {
  const lines = [`codex-wire doctor: ${report.url}`];
  for (const { title, findings } of report.sections) {
    lines.push("", title);
    for (const finding of findings) lines.push(...renderFinding(finding, columns));
  }
  lines.push("", ...wrapped(conclusionOf(report), columns));
  if (report.helpDesk !== undefined) lines.push("", ...wrapped(report.helpDesk, columns));
  return `${lines.join("\n")}\n`;
}

function conclusionOf({ sections }: Report): string {
  const outcomes = new Set(sections.flatMap(({ findings }) => findings.map(({ outcome }) => outcome)));
  if (outcomes.has("failed")) return "The first FAIL above is the cause.";
  return outcomes.has("warning") ? "Nothing fails; check the lines marked note." : "Everything works.";
}

function renderFinding({ check, outcome, text, durationMs, details = [] }: Finding, columns?: number): string[] {
  const time = durationMs === undefined ? "" : ` (${durationMs.toFixed(1)} ms)`;
  const shown = details.slice(0, MOST_DETAILS);
  const rest = details.length - shown.length;
  if (rest > 0) shown.push(`and ${rest} more (--json lists all)`);
  return [
    ...hanging(`  ${MARKS[outcome]} `, `${check}: ${text}${time}`, columns),
    ...shown.flatMap((line) => hanging(DETAIL_INDENT, line, columns)),
  ];
}

/** The report as data. */
export function reportToJson({ url, sections, error, helpDesk }: Report): Record<string, unknown> {
  return { type: "report", url, ok: error === undefined, sections, helpDesk };
}
