import { expect, it } from "vitest";
import { fromPcma, fromPcmu, toPcma, toPcmu } from "../../../src/emulator/realtime/g711.ts";

// Silence, the loudest sample each way, and one in between, as ITU-T G.711 codes them.
it.each([
  ["μ-law", toPcmu, [0xff, 0x80, 0x00, 0xce]],
  ["A-law", toPcma, [0xd5, 0xaa, 0x2a, 0xfa]],
] as const)("the %s encodes samples as the standard says", (_name, code, coded) => {
  expect([0, 32_767, -32_768, 1_000].map(code)).toEqual(coded);
});

it.each([
  ["μ-law", toPcmu, fromPcmu],
  ["A-law", toPcma, fromPcma],
] as const)("every byte of the %s survives decoding and encoding, and no sample is far off", (_name, code, decode) => {
  for (let byte = 0; byte < 256; byte += 1) expect(decode(code(decode(byte)))).toBe(decode(byte) + 0); // without the sign of a zero
  for (let sample = -32_768; sample <= 32_767; sample += 7) {
    expect(Math.abs(decode(code(sample)) - sample)).toBeLessThanOrEqual(16 + Math.abs(sample) / 16);
  }
});
