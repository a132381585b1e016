import type { Random } from "./random.ts";

const CLIENTS = [
  ...(["session", "session", "session", "http_session", "http", "websocket", "realtime"] as const),
  ...(["background", "background"] as const),
];
type ClientKind = (typeof CLIENTS)[number];

/** The turn, and when in it: before its call, or after this many events of its stream, with all connections cut. */
interface Replacement {
  readonly turn: number;
  readonly afterEvents: number;
}

/** The choices of a schedule, which follow from its seed. */
export interface Plan {
  readonly seed: number;
  readonly client: ClientKind;
  readonly tls: boolean;
  readonly throughConnect: boolean;
  readonly deflate: boolean;
  readonly gzip: boolean;
  /** Background responses can be polled, but not resumed as a stream. */
  readonly pollsOnly: boolean;
  readonly prewarms: boolean;
  readonly hostility: number;
  readonly turns: number;
  /** When the server is replaced by another one, which knows none of its responses. */
  readonly replaced: Replacement | undefined;
  readonly maxRetries: number;
}

/** The choices that the first random numbers of a schedule make. */
export function planOf(seed: number, random: Random): Plan {
  const tls = random.chance(0.5);
  const client = random.pick(CLIENTS);
  return {
    seed,
    client,
    tls,
    throughConnect: tls && random.chance(0.5), // plain HTTP is forwarded and not tunnelled
    deflate: random.chance(0.3),
    gzip: random.chance(0.3),
    pollsOnly: random.chance(0.25) && client === "background",
    prewarms: random.chance(0.3),
    hostility: random.pick([0, 0.3, 0.6, 0.9]),
    turns: random.whole(1, 4),
    replaced: random.chance(0.3) ? replacementOf(client, random) : undefined,
    maxRetries: random.whole(0, 3),
  };
}

function replacementOf(client: ClientKind, random: Random): Replacement {
  const underReader = client === "background" || random.chance(0.5);
  const afterEvents = underReader ? 1 + random.magnitude(20) : 0;
  return { turn: random.whole(underReader ? 0 : 1, 3), afterEvents };
}
