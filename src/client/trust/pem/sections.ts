/** The kind of a section. `trusted certificate` is OpenSSL's form with settings after the certificate. */
export type PemKind = "certificate" | "trusted certificate" | "crl" | "private key" | "other";

export interface PemSection {
  readonly kind: PemKind;
  /** As written between the dashes, e.g. `RSA PRIVATE KEY`. */
  readonly label: string;
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
  /** Base64 without white space; empty if `problem` is set, and for kinds that are not read. */
  readonly base64: string;
  /** Why it cannot be read, as text. */
  readonly problem?: string | undefined;
}

// Also between sections, if files were concatenated. The second is that of UTF-8, read as Latin-1.
const BYTE_ORDER_MARKS = /\ufeff|\u00ef\u00bb\u00bf/g;
// Everything on a line besides the marker is matched greedily and checked afterwards, so the time is linear for any input.
const MARKER = /(?:^|[\r\n])[ \t]*-----(BEGIN|END) ([^\r\n]*)/g;
const HEADERS = /^\s*[A-Za-z][\w-]*:[\s\S]*?\n[ \t]*\n/; // RFC 1421 §4.6, ended by a blank line
const LABELS: ReadonlyMap<string, PemKind> = new Map([
  ["CERTIFICATE", "certificate"],
  ["X509 CERTIFICATE", "certificate"],
  ["TRUSTED CERTIFICATE", "trusted certificate"],
  ["X509 CRL", "crl"],
]);

/**
 * Reads the sections of a PEM file as they occur in practice: comments between sections, any line ending, a byte order mark, blank and
 * indented lines, headers in keys. It never throws: what is wrong with a section is its `problem`.
 *
 * Text outside sections is skipped. The content of private keys is not read.
 *
 * @param input - Bytes are read as ASCII, or as UTF-16 if they begin with its byte order mark (written by Windows shells).
 * @see RFC 7468 for the format, RFC 1421 for headers.
 */
export function parsePem(input: string | Uint8Array): PemSection[] {
  const text = (typeof input === "string" ? input : decodeBytes(input)).replace(BYTE_ORDER_MARKS, "");
  const sections: PemSection[] = [];
  const lines = new LineCounter(text);
  let open: { kind: PemKind; label: string; line: number; bodyStart: number } | undefined;

  for (const match of text.matchAll(MARKER)) {
    const start = match.index + match[0].search(/-/);
    const rest = match[2]!.trimEnd();
    const label = labelOf(rest);
    if (match[1] === "END") {
      if (!open) continue;
      if (label === undefined || !closes(open, label)) {
        const found = `found ${JSON.stringify(`-----END ${rest.slice(0, 60)}`)} at line ${lines.at(start)}`;
        sections.push({ ...section(open), problem: `${missingEnd(open)}; ${found}` });
      } else {
        sections.push(readSection(open, text.slice(open.bodyStart, start), lines));
      }
      open = undefined;
      continue;
    }
    if (open) sections.push({ ...section(open), problem: missingEnd(open) });
    open = undefined;
    const line = lines.at(start);
    if (label === undefined) {
      const why = rest.includes("\\n")
        ? "line breaks are written as \\n"
        : "a separate line must hold the marker and end in five dashes";
      sections.push({
        kind: "other",
        label: "",
        line,
        base64: "",
        problem: `illegal section start at line ${line}: ${why}`,
      });
    } else {
      open = { kind: kindOf(label), label, line, bodyStart: match.index + match[0].length };
    }
  }
  if (open) sections.push({ ...section(open), problem: missingEnd(open) });
  return sections;
}

/** Writes base64 as a PEM certificate, with line lengths that every reader accepts. */
export function toCertificatePem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

/** The base64 of one PEM certificate without surrounding text. */
export function toBase64(certificatePem: string): string {
  return certificatePem.replace(/-----[^-]+-----|\s+/g, "");
}

/** PEM as a string: ASCII, or UTF-16 if there is a byte order mark. */
export function decodeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer[0] === 0xff && buffer[1] === 0xfe) return buffer.toString("utf16le");
  if (buffer[0] === 0xfe && buffer[1] === 0xff) {
    return Buffer.from(buffer.subarray(0, buffer.length & ~1))
      .swap16()
      .toString("utf16le");
  }
  return buffer.toString("latin1");
}

function labelOf(rest: string): string | undefined {
  const label = rest.endsWith("-----") ? rest.slice(0, -5) : "-----";
  return label.includes("-----") ? undefined : label.trim();
}

function kindOf(label: string): PemKind {
  return LABELS.get(label) ?? (label.endsWith("PRIVATE KEY") ? "private key" : "other");
}

/** OpenSSL's three names for a certificate can end one another, because tools rename only one of the two lines. */
function closes(open: { kind: PemKind; label: string }, label: string): boolean {
  return label === open.label || (isCertificate(open.kind) && isCertificate(kindOf(label)));
}

function isCertificate(kind: PemKind): boolean {
  return kind === "certificate" || kind === "trusted certificate";
}

function missingEnd({ label, line }: { label: string; line: number }): string {
  return `missing section end marker: no "-----END ${label}-----" for the section that begins at line ${line}`;
}

function section({ kind, label, line }: { kind: PemKind; label: string; line: number }): PemSection {
  return { kind, label, line, base64: "" };
}

function readSection(
  open: { kind: PemKind; label: string; line: number },
  raw: string,
  lines: LineCounter,
): PemSection {
  if (open.kind === "private key" || open.kind === "other") return section(open);
  const body = raw.includes(":") ? raw.replace(/\r\n?/g, "\n").replace(HEADERS, "") : raw;
  const base64 = body.replace(/\s+/g, "");
  const problem = base64Problem(base64);
  if (!problem) return { ...section(open), base64 };
  const line =
    problem.character === undefined ? open.line : lines.after(open.line, raw, raw.indexOf(problem.character));
  return { ...section(open), problem: `base64 decode error: ${problem.text} at line ${line}` };
}

function base64Problem(base64: string): { text: string; character?: string } | undefined {
  const at = base64.search(/[^A-Za-z0-9+/=]/);
  const character = base64[at];
  if (character !== undefined) return { text: `invalid character ${JSON.stringify(character)}`, character };
  if (base64.length % 4 !== 0 || !/^[^=]*={0,2}$/.test(base64))
    return { text: "wrong length or padding in the section" };
  return undefined;
}

/** Line numbers, counted onward from the last one requested, so that reading stays linear. */
class LineCounter {
  readonly #text: string;
  #offset = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  at(offset: number): number {
    this.#line += countBreaks(this.#text.slice(this.#offset, offset));
    this.#offset = offset;
    return this.#line;
  }

  after(line: number, text: string, offset: number): number {
    return line + countBreaks(text.slice(0, offset));
  }
}

function countBreaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}
