const BRAND = Symbol.for("codex-wire.failure"); // survives two installed copies of the package, unlike `instanceof`

/** What could help after a failure, whatever a policy says: the same once more, the same on another carrier, nothing. */
export type Outlook = "again" | "elsewhere" | "never";

/** `safe`: nothing was sent, or it was refused before any work. `unsafe`: the server may have done what it was asked for. */
export type Replay = "safe" | "unsafe";

/** What the command ends with: 2 usage, 3 the API refused, 4 network, time-out or broken stream, 5 trust, 130 interrupted. */
export type ExitStatus = 2 | 3 | 4 | 5 | 130;

/** What any failure may be told besides the fields of its kind. */
export interface CommonFields {
  /** The wait that the server asked for before the next try, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** By which the service finds the request again. */
  readonly requestId?: string | undefined;
  /** What was thrown below. */
  readonly cause?: unknown;
  /** Where this failure differs from others of its kind. */
  readonly outlook?: Outlook | undefined;
  readonly replay?: Replay | undefined;
}

/** A row of a table of kinds. `Fields` are what a failure of this kind says beside its message. */
export interface Kind<Fields> {
  readonly outlook: Outlook | ((fields: Fields) => Outlook);
  readonly replay: Replay | ((fields: Fields) => Replay);
  readonly exit: ExitStatus;
  /** Kept out of `console.log(error)`, where a long text of the server would bury the message. */
  readonly hidden?: readonly (keyof Fields)[] | undefined;
}

// biome-ignore lint/complexity/noBannedTypes: a kind without fields of its own
export type NoFields = {};

/** Types a row by its fields. */
export function kind<Fields = NoFields>(row: Kind<Fields>): Kind<Fields> {
  return row;
}

/** Fields as a failure has them: what is undefined is left out. */
export type Told<Fields> = { readonly [Name in keyof Fields]: Exclude<Fields[Name], undefined> };

type FieldsOf<Row> = Row extends Kind<infer Fields> ? Fields : never;

/** The union of a table's failures, discriminated by `kind`. */
export type FailureOf<Table extends object> = {
  [Name in keyof Table & string]: Failure<Name> & Told<FieldsOf<Table[Name]>>;
}[keyof Table & string];

/**
 * Root of everything that this package throws. Branch on `kind`, which is literal and permanent; never on the message.
 * What was thrown below is `cause`. No form of printing (message, `inspect`, JSON) shows a credential.
 */
export abstract class Failure<Name extends string = string> extends Error {
  declare readonly kind: Name;
  /** What could help, whatever the retry policy says. */
  declare readonly outlook: Outlook;
  /** Whether the server may have done the work already. It informs; no policy of this package goes by it. */
  declare readonly replay: Replay;
  /** The wait that the server asked for before the next try, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** By which the service finds the request again. */
  declare readonly requestId?: string;

  static is(value: unknown): value is Failure {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  get [BRAND](): true {
    return true;
  }

  /** Could the same request succeed if it were sent again? How often and when is the retry policy's business. */
  get retryable(): boolean {
    return this.outlook === "again";
  }

  /** `kind`, `message` and the failure's own fields; no stack and no cause. */
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

/** The same failure as another object; anything else as it is. */
export function copyOfFailure(error: unknown): unknown {
  if (!Failure.is(error)) return error;
  const copy = Object.setPrototypeOf(new Error(error.message), Object.getPrototypeOf(error));
  return Object.defineProperties(copy, Object.getOwnPropertyDescriptors(error));
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** `message`, then what the kind says, which may be left out where all of it may. */
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
      super(message, cause === undefined ? undefined : { cause });
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
