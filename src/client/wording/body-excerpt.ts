import type { HeaderMap } from "../headers.ts";

const EXCERPT_BYTES = 1000;
const HTML = /^\s*<(?:!doctype html|html|head|body)\b/i;
const HTML_SCAN_CHARACTERS = 16_384;

/**
 * The part of a body that is put into a message: its first 1000 bytes; for a web page its title, else its first text. Empty for a blank
 * body.
 */
export function bodyExcerpt(answer: { readonly body: string; readonly headers: HeaderMap }): string {
  const isHtml = HTML.test(answer.body) || /\bhtml\b/i.test(answer.headers["content-type"] ?? "");
  return cut(isHtml ? htmlText(answer.body.slice(0, HTML_SCAN_CHARACTERS)) : answer.body.trim());
}

function htmlText(page: string): string {
  const title = /<title[^>]*>([^<]*)/i.exec(page)?.[1]?.trim();
  if (title) return collapse(title);
  return collapse(
    page
      .split(/<(?=\/?(?:script|style|head)\b)/i)
      .filter((piece) => !/^(?:script|style)\b/i.test(piece))
      .join("<")
      .replace(/<[^>]*>?/g, " "),
  );
}

function collapse(words: string): string {
  return words.replace(/\s+/g, " ").trim();
}

function cut(words: string): string {
  const { read } = new TextEncoder().encodeInto(words, new Uint8Array(EXCERPT_BYTES));
  return read < words.length ? `${words.slice(0, read)}...` : words;
}
