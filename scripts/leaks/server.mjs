// The emulator in its own process, so that its memory does not count as the client's.
import { startEmulator } from "../../dist/emulator.js";

process.on("disconnect", () => process.exit(0));
const emulator = await startEmulator({
  recordLimit: 1,
  rateLimits: false,
  script(request) {
    const body = JSON.stringify(request.json ?? "");
    if (body.includes("break off")) return { terminateAfterEvents: 3 };
    if (body.includes("refuse")) return { status: 400, body: { error: { message: "no" } } };
    return undefined;
  },
});
process.send?.(emulator.url);
