// The emulator in a process of its own, so that its memory is not mistaken for the client's.
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
