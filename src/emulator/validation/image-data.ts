import { refused } from "./faults.ts";

const DATA_URL = /^data:([^;,]*)((?:;[^;,]*)*),/;
const FORMATS = "['image/jpeg', 'image/png', 'image/gif', 'image/webp']";

/** Checks `image_url`: a URL is accepted, data is inspected. @throws {@link ServiceError} 400 */
export function checkImage(url: string, param: string): void {
  if (/^https?:\/\//.test(url)) return;
  const [head] = DATA_URL.exec(url) ?? [];
  if (head === undefined) {
    throw refused(
      `Invalid '${param}.image_url'. Expected a valid URL, but got a value with an invalid format.`,
      `${param}.image_url`,
      "invalid_value",
    );
  }
  if (isImage(Buffer.from(url.slice(head.length, head.length + 64), "base64"))) return;
  throw refused(
    `The image data you provided does not represent a valid image. Please check your input and try again with one of the supported image formats: ${FORMATS}.`,
    param,
    "invalid_value",
  );
}

function isImage(bytes: Buffer): boolean {
  const start = bytes.toString("latin1");
  return (
    start.startsWith("\x89PNG\r\n\x1a\n") ||
    start.startsWith("\xff\xd8\xff") ||
    /^GIF8[79]a/.test(start) ||
    /^RIFF[\s\S]{4}WEBP/.test(start)
  );
}
