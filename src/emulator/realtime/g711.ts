// ITU-T G.711: 16-bit samples as bytes of telephony, by the μ-law (pcmu) and the A-law (pcma). Both keep a sign, a power of two and four bits
// of what follows it.

const BIAS = 0x84;
const LOUDEST = 32_635;
/** Highest bit of the magnitudes with exponent 0. In the μ-law the bias has this effect. */
const FIRST_BIT = 7;

/** @param sample - 16 bits. */
export function toPcmu(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), LOUDEST) + BIAS;
  const exponent = highestBit(magnitude) - FIRST_BIT;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

export function fromPcmu(byte: number): number {
  const inverse = ~byte & 0xff;
  const magnitude = ((((inverse & 0x0f) << 3) + BIAS) << ((inverse >> 4) & 7)) - BIAS;
  return inverse & 0x80 ? -magnitude : magnitude;
}

/** @param sample - 16 bits. */
export function toPcma(sample: number): number {
  const magnitude = Math.min(sample < 0 ? -sample - 1 : sample, 32_767);
  const exponent = Math.max(0, highestBit(magnitude) - FIRST_BIT);
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

export function fromPcma(byte: number): number {
  const value = byte ^ 0x55;
  const exponent = (value >> 4) & 7;
  const mantissa = (value & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return value & 0x80 ? magnitude : -magnitude;
}

function highestBit(value: number): number {
  return 31 - Math.clz32(value);
}
