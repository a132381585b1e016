import { SecretFinder, secretsOf } from "../../secrets/index.ts";
import type { Entry, ExchangeHead, Header } from "./exchanges/passed.ts";

const REMOVED = "[removed]";

// Not `x-ratelimit-remaining-tokens`, which counts them.
const SECRET_HEADER = /authorization|cookie|token(?!s)|secret|api-?key|account-id|organization|openai-project/i;
const SECRET_PARAMETER = /([?&][^=&#]*(?:key|token|secret|code|signature|sig)[^=&#]*=)[^&#]+/gi;
/** The forms of keys and tokens of the service and its login, found anywhere in a text: API keys, client secrets, JSON Web Tokens. */
const SECRET_SHAPES =
  /\b(?:sk|ek|sess)[-_][A-Za-z0-9_-]{12,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|(?<=openai-insecure-api-key\.)[^,\s"]+/g;
const SECRET_FIELD =
  /("(?:access_token|refresh_token|id_token|client_secret|api_key|apiKey|authorization|password)"\s*:\s*")(?:[^"\\]|\\.)*"/gi;

/** Removes the credentials of one exchange from what is written or shown. */
export class CredentialFilter {
  readonly #known: SecretFinder;

  constructor({ headers, path }: Pick<ExchangeHead, "headers" | "path">) {
    const secrets = headers.flatMap(([name, value]) => {
      const given = SECRET_HEADER.test(name) ? [value] : [];
      return secretsOf({ url: "", headers: { [name.toLowerCase()]: value }, secrets: given });
    });
    this.#known = new SecretFinder([...secrets, ...secretsOf({ url: `http://emulator${path}`, headers: {} })]);
  }

  head(head: ExchangeHead): ExchangeHead {
    return {
      ...head,
      path: this.path(head.path),
      headers: this.headers(head.headers),
      body: this.bytes(head.body),
    };
  }

  entry(entry: Entry): Entry {
    if (entry.kind === "answer") return { ...entry, headers: this.headers(entry.headers) };
    if (entry.kind === "event") return { ...entry, data: this.text(entry.data) };
    if (entry.kind === "end") return entry.reason === undefined ? entry : { ...entry, reason: this.text(entry.reason) };
    const { data } = entry;
    return { ...entry, data: typeof data === "string" ? this.text(data) : this.bytes(data) };
  }

  path(path: string): string {
    return this.text(path.replace(SECRET_PARAMETER, `$1${REMOVED}`));
  }

  headers(headers: readonly Header[]): readonly Header[] {
    return headers.map(([name, value]) => [name, SECRET_HEADER.test(name) ? REMOVED : this.text(value)]);
  }

  text(text: string): string {
    const clean = this.#known.replaceIn(text, REMOVED);
    return clean.replace(SECRET_FIELD, `$1${REMOVED}"`).replace(SECRET_SHAPES, REMOVED);
  }

  /** For text in UTF-8. In other bytes only the known credentials are searched. */
  bytes(bytes: Uint8Array): Uint8Array {
    const latin1 = Buffer.from(bytes).toString("latin1"); // keeps every byte, whatever it is
    const clean = this.text(latin1);
    return clean === latin1 ? bytes : Buffer.from(clean, "latin1");
  }
}
