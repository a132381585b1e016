import { withoutControls } from "../wording/printable.ts";

const BRAND = Symbol.for("codex-wire.failure"); // works across two installed copies of the package, unlike `instanceof`

/** What could help after a failure: the same request again, the same on another carrier, or nothing. Policies decide whether to do it. */
export type Outlook = "again" | "elsewhere" | "never";

/** `safe`: nothing was sent, or the request was refused before any work. `unsafe`: the server may have done the work. */
export type Replay = "safe" | "unsafe";

/** Exit status of the command: 2 usage, 3 the API refused, 4 network, time-out or broken stream, 5 certificates, 130 interrupted. */
export type ExitStatus = 2 | 3 | 4 | 5 | 130;

/** Fields that any failure can have, besides those of its kind. */
export interface CommonFields {
  /** Delay before the next attempt that the server asked for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The id with which the service can look up the request. */
  readonly requestId?: string | undefined;
  /** The underlying error. */
  readonly cause?: unknown;
  /** Set if this failure differs from others of its kind. */
  readonly outlook?: Outlook | undefined;
  readonly replay?: Replay | undefined;
}

/** A row of a table of kinds. `Fields` are the fields of a failure of this kind, besides its message. */
export interface Kind<Fields> {
  readonly outlook: Outlook | ((fields: Fields) => Outlook);
  readonly replay: Replay | ((fields: Fields) => Replay);
  readonly exit: ExitStatus;
  /** Hidden from `console.log(error)`, because a long text of the server would bury the message. */
  readonly hidden?: readonly (keyof Fields)[] | undefined;
}

// biome-ignore lint/complexity/noBannedTypes: a kind without fields of its own
export type NoFields = {};

/** Gives a row the types of its fields. */
export function kind<Fields = NoFields>(row: Kind<Fields>): Kind<Fields> {
  return row;
}

/** The fields of a failure; undefined ones are left out. */
export type Told<Fields> = { readonly [Name in keyof Fields]: Exclude<Fields[Name], undefined> };

type FieldsOf<Row> = Row extends Kind<infer Fields> ? Fields : never;

/** The union of a table's failures, discriminated by `kind`. */
export type FailureOf<Table extends object> = {
  [Name in keyof Table & string]: Failure<Name> & Told<FieldsOf<Table[Name]>>;
}[keyof Table & string];

/**
 * Base class of everything that this package throws. Branch on `kind`, which is literal and permanent, never on the message.
 *
 * `cause` is the underlying error. No printed form (message, `inspect`, JSON) contains a credential.
 */
export abstract class Failure<Name extends string = string> extends Error {
  declare readonly kind: Name;
  /** What could help, whatever the retry policy says. */
  declare readonly outlook: Outlook;
  /** Whether the server may have done the work already. For information only; no policy of this package uses it. */
  declare readonly replay: Replay;
  /** Delay before the next attempt that the server asked for, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** The id with which the service can look up the request. */
  declare readonly requestId?: string;

  static is(value: unknown): value is Failure {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  get [BRAND](): true {
    return true;
  }

  /** True if the same request could succeed when it is sent again. The retry policy decides how often and when. */
  get retryable(): boolean {
    return this.outlook === "again";
  }

  /** `kind`, `message` and the failure's own fields, without stack and cause. */
  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { kind: this.kind, message: this.message };
    for (const key of Object.getOwnPropertyNames(this)) {
      if (key === "stack" || key === "cause" || key in json) continue;
      const value = (this as Record<string, unknown>)[key];
      json[key] = hasToJson(value) ? value.toJSON() : value;
    }
    return json;
  }
}

/** A copy of the failure; any other value is returned unchanged. */
export function copyOfFailure(error: unknown): unknown {
  if (!Failure.is(error)) return error;
  const copy = Object.setPrototypeOf(new Error(error.message), Object.getPrototypeOf(error));
  return Object.defineProperties(copy, Object.getOwnPropertyDescriptors(error));
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** `message`, then the fields of the kind, which may be omitted if all are optional. */
type Arguments<Fields> = NoFields extends Fields
  ? [message: string, fields?: Fields & CommonFields]
  : [message: string, fields: Fields & CommonFields];

export interface FailureClass<Name extends string, Fields> {
  new (...args: Arguments<Fields>): Failure<Name> & Told<Fields>;
}

/** `rate_limit` → `RateLimitError`: the name of a kind's class. */
export function classNameOf(kind: string): string {
  return `${kind.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Error`;
}

/** The class of one row of a table. */
export function failureClass<Table extends object, Name extends keyof Table & string>(
  table: Table,
  kind: Name,
): FailureClass<Name, FieldsOf<Table[Name]>> {
  const row = table[kind] as Kind<unknown>;
  const className = classNameOf(kind);
  class KindOfFailure extends Failure<Name> {
    constructor(message: string, { cause, outlook, replay, ...fields }: CommonFields = {}) {
      super(withoutControls(message), cause === undefined ? undefined : { cause });
      const told = {
        kind,
        ...fields,
        outlook: outlook ?? judged(row.outlook, fields),
        replay: replay ?? judged(row.replay, fields),
      };
      for (const [field, value] of Object.entries(told)) {
        const enumerable = !row.hidden?.includes(field as never);
        if (value !== undefined)
          Object.defineProperty(this, field, { value, enumerable, writable: true, configurable: true });
      }
    }

    override get name(): string {
      return className; // a getter: right in `stack`, and survives minifiers
    }
  }
  return KindOfFailure as unknown as FailureClass<Name, FieldsOf<Table[Name]>>;
}

function judged<Value extends string, Fields>(rule: Value | ((fields: Fields) => Value), fields: Fields): Value {
  return typeof rule === "function" ? rule(fields) : rule;
}
