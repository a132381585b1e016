/** Events as tests read them, with the fields of all events; a field that an event does not have is undefined. */
export interface StreamEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly item_id: string;
  readonly output_index: number;
  readonly delta: string;
  readonly obfuscation: string;
  readonly text: string;
  readonly arguments: string;
  readonly item: StreamItem;
  readonly response: StreamResponse;
  readonly status: number;
  readonly error: { readonly type: string; readonly code: string | null; readonly message: string };
}

export interface StreamItem {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly call_id: string;
  readonly arguments: string;
  readonly encrypted_content: string;
  readonly content: readonly { readonly type: string; readonly text: string }[];
}

export interface StreamResponse {
  readonly id: string;
  readonly status: string;
  readonly model: string;
  readonly output: readonly StreamItem[];
  readonly usage: {
    readonly input_tokens: number;
    readonly input_tokens_details: { readonly cached_tokens: number };
    readonly output_tokens: number;
    readonly output_tokens_details: { readonly reasoning_tokens: number };
    readonly total_tokens: number;
  };
}

/** Through JSON, as the wire does it. */
export function asSent(events: Iterable<unknown>): StreamEvent[] {
  return JSON.parse(JSON.stringify([...events]));
}

/** The types in order, repetitions next to each other counted once. */
export function typesOf(events: readonly StreamEvent[]): string[] {
  return events.map((event) => event.type).filter((type, index, all) => type !== all[index - 1]);
}

/** The first event of a type. */
export function ofType(events: readonly StreamEvent[], type: string): StreamEvent {
  const found = events.find((event) => event.type === type);
  if (!found) throw new Error(`no ${type} among ${typesOf(events).join(", ")}`);
  return found;
}
