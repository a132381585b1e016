import { createHash } from "node:crypto";

const HEAD = "gAAAAA";
const SIGNATURE_LENGTH = 12;

/** Stands for the sealed reasoning of the service: opaque, about 400 characters, the same for the same seed, and signed. */
export function sealedText(seed: string): string {
  const blocks = Array.from({ length: 5 }, (_, index) => createHash("sha512").update(`${seed} ${index}`).digest());
  const content = Buffer.concat(blocks).toString("base64url");
  return `${HEAD}${content}${signatureOf(content)}==`;
}

/** Whether it looks like the emulator's own seal and is not what was sent out. What others sealed is let through. */
export function isAltered(sealed: string): boolean {
  if (!sealed.startsWith(HEAD)) return false;
  const whole = sealed.slice(HEAD.length).replace(/==$/, "");
  return signatureOf(whole.slice(0, -SIGNATURE_LENGTH)) !== whole.slice(-SIGNATURE_LENGTH);
}

function signatureOf(content: string): string {
  return createHash("sha256").update(content).digest("base64url").slice(0, SIGNATURE_LENGTH);
}
