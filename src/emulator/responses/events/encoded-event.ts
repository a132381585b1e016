/** An event as it will go out: its JSON is made once, whoever it is sent to and however often. */
export class EncodedEvent {
  readonly type: string;
  readonly json: string;
  /** The piece of text that it carries, which is what takes a model its time; empty for all others. */
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

/** Any event's JSON; with a lane's name at its end where there is one. */
export function jsonOf(event: unknown, streamId?: string): string {
  const json = event instanceof EncodedEvent ? event.json : JSON.stringify(event);
  if (streamId === undefined || !json.endsWith("}")) return json;
  return `${json.slice(0, -1)}${json === "{}" ? "" : ","}"stream_id":${JSON.stringify(streamId)}}`;
}
