import type { RecordedRequest } from "../journal/recorded-request.ts";
import { ServiceError } from "../service-error.ts";

export function isForm({ headers }: RecordedRequest): boolean {
  return /^multipart\/form-data\b/i.test(headers["content-type"] ?? "");
}

/** The parts of a `multipart/form-data` body. @throws {@link ServiceError} 400 when it is none. */
export async function formIn({ headers, body }: RecordedRequest): Promise<FormData> {
  try {
    return await new Response(Buffer.from(body), {
      headers: { "content-type": headers["content-type"] ?? "" },
    }).formData();
  } catch {
    throw new ServiceError(400, { message: "Could not parse multipart form.", code: "invalid_multipart" });
  }
}

/** The files of a field, which is called `name` or, for several, `name[]`. */
export function filesIn(form: FormData, name: string): readonly File[] {
  return [...form.getAll(name), ...form.getAll(`${name}[]`)].filter((part) => typeof part !== "string");
}
