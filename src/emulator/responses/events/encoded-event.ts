/** An event to be sent. Its JSON is made once, however often it is sent. */
export class EncodedEvent {
  readonly type: string;
  readonly json: string;
  /** The text of a delta, which determines the pace; empty for other events. */
  readonly text: string;

  constructor(type: string, json: string, text = "") {
    this.type = type;
    this.json = json;
    this.text = text;
  }

  toJSON(): unknown {
    return JSON.parse(this.json);
  }
}

/** The JSON of any event, with the name of its lane at the end if it has one. */
export function jsonOf(event: unknown, streamId?: string): string {
  const json = event instanceof EncodedEvent ? event.json : JSON.stringify(event);
  if (streamId === undefined || !json.endsWith("}")) return json;
  return `${json.slice(0, -1)}${json === "{}" ? "" : ","}"stream_id":${JSON.stringify(streamId)}}`;
}
