import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createLoopbackIdentity } from "../../../src/emulator/tls/certificate.ts";
import { integer, objectIdentifier, octetString, utcTime } from "../../../src/emulator/tls/der.ts";

describe("the throwaway identity", () => {
  const { cert, key, caPem } = createLoopbackIdentity();
  const leaf = new X509Certificate(cert);
  const authority = new X509Certificate(caPem);

  it("is a certificate signed by its authority", () => {
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it("names localhost and both loopback addresses, and nothing else", () => {
    expect(leaf.checkHost("localhost")).toBe("localhost");
    expect(leaf.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(leaf.checkIP("::1")).toBe("::1");
    expect(leaf.checkHost("example.com")).toBeUndefined();
    expect(leaf.checkIP("127.0.0.2")).toBeUndefined();
  });

  it("is only for servers, and valid for a short time from now", () => {
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(Date.parse(leaf.validFrom)).toBeLessThan(Date.now());
    const daysLeft = (Date.parse(leaf.validTo) - Date.now()) / 86_400_000;
    expect(daysLeft).toBeGreaterThan(28);
    expect(daysLeft).toBeLessThan(30);
  });

  it("is different every time", () => {
    const other = new X509Certificate(createLoopbackIdentity().caPem);
    expect(other.fingerprint256).not.toBe(authority.fingerprint256);
    expect(leaf.verify(other.publicKey)).toBe(false);
  });
});

describe("DER", () => {
  it.each([
    ["a short length", octetString(new Uint8Array(127)).subarray(0, 2), "047f"],
    ["a length of one byte", octetString(new Uint8Array(128)).subarray(0, 3), "048180"],
    ["a length of two bytes", octetString(new Uint8Array(256)).subarray(0, 4), "04820100"],
    ["an integer", integer(Buffer.from([2])), "020102"],
    ["an integer whose top bit is set", integer(Buffer.from([0x80])), "02020080"],
    ["an integer with leading zeros", integer(Buffer.from([0, 0, 5])), "020105"],
    ["zero", integer(Buffer.from([0])), "020100"],
    ["an object identifier", objectIdentifier("1.2.840.10045.4.3.2"), "06082a8648ce3d040302"],
    ["a time", utcTime(new Date("2026-03-13T01:02:03.999Z")), Buffer.from("\x17\x0d260313010203Z").toString("hex")],
  ])("encodes %s", (_name, bytes, hex) => {
    expect(bytes.toString("hex")).toBe(hex);
  });
});
