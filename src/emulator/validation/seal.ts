import { createHash } from "node:crypto";

const HEAD = "gAAAAA";
const SIGNATURE_LENGTH = 12;

/** Imitates the service's encrypted reasoning: opaque, about 400 characters, the same for the same seed, and signed. */
export function sealedText(seed: string): string {
  const blocks = Array.from({ length: 5 }, (_, index) => createHash("sha512").update(`${seed} ${index}`).digest());
  const content = Buffer.concat(blocks).toString("base64url");
  return `${HEAD}${content}${signatureOf(content)}==`;
}

/** True if it looks like the emulator's own but was changed. Content sealed elsewhere is accepted. */
export function isAltered(sealed: string): boolean {
  if (!sealed.startsWith(HEAD)) return false;
  const whole = sealed.slice(HEAD.length).replace(/==$/, "");
  return signatureOf(whole.slice(0, -SIGNATURE_LENGTH)) !== whole.slice(-SIGNATURE_LENGTH);
}

function signatureOf(content: string): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, SIGNATURE_LENGTH);
}
