import { type CallerOptions, strangerIn } from "../server/index.ts";
import { ServiceError } from "./service-error.ts";

export type { CallerOptions };

/** The bearer token of a request. */
export function bearerIn({ authorization = "" }: Readonly<Record<string, string>>): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(authorization)?.[1];
}

/** Keeps web pages out, see {@link strangerIn}. @throws {@link ServiceError} 403 */
export function checkCaller(
  { headers }: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
  options: CallerOptions,
): void {
  const stranger = strangerIn(headers, options);
  if (!stranger) return;
  const { header, value } = stranger;
  const message =
    header === "Host"
      ? `Host '${value}' is not this machine; allow it with the option allowedHosts.`
      : `Origin '${value}' is not this machine; allow its host with the option allowedHosts.`;
  throw new ServiceError(403, { message, code: `${header.toLowerCase()}_not_allowed` });
}
