/** One token's log probability, as `message.output_text.logprobs` gives it. */
export interface Logprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<Logprob, "top_logprobs">[];
}

/** Made up, but always the same for the same token; the alternatives are less likely. */
export function logprobsOf(token: string, alternatives: number): Logprob {
  const logprob = -((token.length % 7) + 1) / 100;
  const others = Array.from({ length: Math.max(0, alternatives - 1) }, (_, index) =>
    entry(`${token}${index + 1}`, logprob - index - 1),
  );
  return { ...entry(token, logprob), top_logprobs: alternatives > 0 ? [entry(token, logprob), ...others] : [] };
}

function entry(token: string, logprob: number): Omit<Logprob, "top_logprobs"> {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}
