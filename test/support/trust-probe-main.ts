// Runs in a process of its own, with no environment but the one under test: does what a client does when it is built and, given a port,
// connects to it. Prints one line of JSON.
import { connect } from "node:net";
import { CodexApiError } from "../../src/api/refusal/kinds.ts";
import { createTrust } from "../../src/client/trust/index.ts";

const report = (value: unknown) => process.stdout.write(JSON.stringify(value));

try {
  const trust = createTrust();
  const port = process.argv[2];
  if (port !== undefined) {
    const socket = await trust.connect({ socket: connect(Number(port), "127.0.0.1"), host: "localhost" });
    socket.destroy();
  }
  report({
    by: trust.selection.by,
    certificates: trust.bundle?.certificates.length ?? 0,
    origins: trust.describe().split("\n"),
  });
} catch (error) {
  if (!CodexApiError.is(error)) throw error;
  report({ error });
}
