// Runs in its own process, with only the environment under test. Creates the policy for certificates as a client does, connects to a port if one is
// given, and prints one line of JSON.
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
