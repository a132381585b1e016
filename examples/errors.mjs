// What a failure looks like: every error has a permanent `kind`, safe fields, and a message that says what to do.
import { CodexApiError, noAuth, openaiProvider, ResponsesClient } from "codex-wire";
import { startEmulator } from "codex-wire/emulator";

const emulator = await startEmulator({
  script: [
    { status: 429, headers: { "retry-after": "20" }, body: { error: { message: "Too many requests." } } },
    { terminateAfterEvents: 6 },
  ],
});
const client = new ResponsesClient({
  provider: openaiProvider({ baseUrl: emulator.url, proxy: false }),
  auth: noAuth(),
  telemetry: { onRetry: ({ retry, delayMs }) => console.log(`retry ${retry} in ${Math.round(delayMs)} ms`) },
});

for (let request = 1; request <= 3; request += 1) {
  let text = "";
  try {
    for await (const event of await client.stream({ model: "gpt-5-mini", input: "repeat: one two three" })) {
      if (event.type === "output_text.delta") text += event.delta;
    }
    console.log(`answered: ${text}`);
  } catch (error) {
    if (!CodexApiError.is(error)) throw error;
    console.log(
      `${error.kind}: ${error.message}${text === "" ? "" : ` (received until then: ${JSON.stringify(text)})`}`,
    );
  }
}

await emulator.close();
