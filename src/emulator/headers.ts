import type { Header } from "./workbench/exchanges/passed.ts";

/** Pairs from Node's form: name, value, name, value. */
export function pairs(raw: readonly string[]): readonly Header[] {
  const headers: Header[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) headers.push([raw[index] ?? "", raw[index + 1] ?? ""]);
  return headers;
}

/** By name in lower case; repeated headers are joined with a comma. */
export function joined(headers: readonly Header[]): Readonly<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key in all) set(all, key, Object.hasOwn(all, key) ? `${all[key]}, ${value}` : value);
    else all[key] = value;
  }
  return all;
}

/** Works for names that every object has: a header may be called `__proto__`. */
function set(headers: object, key: string, value: string): void {
  Object.defineProperty(headers, key, { value, enumerable: true, configurable: true, writable: true });
}

/** In Node's form: by name, with a list for repeated headers. */
export function grouped(headers: readonly Header[]): Record<string, string | string[]> {
  const all = new Map<string, string[]>();
  for (const [name, value] of headers) all.set(name.toLowerCase(), [...(all.get(name.toLowerCase()) ?? []), value]);
  return Object.fromEntries([...all].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? "") : values]));
}

const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether Node sends a text as the value of a header (RFC 9110 §5.5). */
export function isHeaderValue(text: string): boolean {
  return VALUE.test(text);
}
