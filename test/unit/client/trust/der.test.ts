import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { derItemAt, isOneSequence, signatureAlgorithm } from "../../../../src/client/trust/pem/der.ts";
import { cert } from "../../../support/certs.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("the first DER item", () => {
  const long = Buffer.concat([bytes("30 82 01 00"), Buffer.alloc(256)]);
  test.each([
    ["with a short length", bytes("30 02 aa bb cc"), { tag: 0x30, start: 2, end: 4 }],
    ["with a length in one octet", bytes("30 81 02 aa bb cc"), { tag: 0x30, start: 3, end: 5 }],
    ["with a length in two octets", long, { tag: 0x30, start: 4, end: 260 }],
    ["that is empty", bytes("30 00"), { tag: 0x30, start: 2, end: 2 }],
    ["of indefinite length is refused", bytes("30 80 aa bb 00 00"), undefined],
    ["that overruns in the short form is refused", bytes("30 03 aa bb"), undefined],
    ["that overruns in the long form is refused", bytes("30 82 ff ff aa"), undefined],
    ["cut inside its length is refused", bytes("30 82 01"), undefined],
    ["with a length of five octets is refused", bytes("30 85 00 00 00 00 01 aa"), undefined],
    ["of nothing is refused", bytes(""), undefined],
    ["of a tag alone is refused", bytes("30"), undefined],
  ])("%s", (_title, input, item) => {
    expect(derItemAt(input)).toEqual(item);
  });

  test("is the whole input only if nothing follows", () => {
    expect(isOneSequence(bytes("30 02 aa bb"))).toBe(true);
    expect(isOneSequence(bytes("30 02 aa bb cc"))).toBe(false);
    expect(isOneSequence(bytes("02 02 aa bb"))).toBe(false);
  });
});

describe("the algorithm that signed a certificate is read from it:", () => {
  test.each([
    ["root.pem", "sha256WithRSAEncryption"],
    ["sha1.pem", "sha1WithRSAEncryption"],
    ["other-root.pem", "ecdsa-with-SHA256"],
  ])("%s is signed with %s", (name, algorithm) => {
    expect(signatureAlgorithm(new X509Certificate(cert(name)).raw)).toBe(algorithm);
  });

  test("an unnamed one is given by its number", () => {
    // SEQUENCE { SEQUENCE {} SEQUENCE { OID 1.2.840.113549.1.1.99 } }, then one whose first arc is 2
    expect(signatureAlgorithm(bytes("30 0f 30 00 30 0b 06 09 2a864886f70d010163"))).toBe("1.2.840.113549.1.1.99");
    expect(signatureAlgorithm(bytes("30 09 30 00 30 05 06 03 883703"))).toBe("2.999.3");
  });

  test("and that of anything else is unknown", () => {
    expect(signatureAlgorithm(bytes("30 04 30 00 30 00"))).toBe("unknown");
    expect(signatureAlgorithm(bytes("ff"))).toBe("unknown");
  });
});
