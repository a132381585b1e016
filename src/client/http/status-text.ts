import { STATUS_CODES } from "node:http";

/** `unexpected status 401 Unauthorized`, the reference's words. */
export function describeStatus(status: number): string {
  const reason = STATUS_CODES[status];
  return reason ? `unexpected status ${status} ${reason}` : `unexpected status ${status}`;
}
