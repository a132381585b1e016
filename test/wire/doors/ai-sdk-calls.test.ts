import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { expect, it } from "vitest";
import { codexApi } from "../../../src/doors/ai-sdk/index.ts";
import { clientOptions, emulate } from "../../support/clients.ts";

const CLICK = { type: "click", button: "left", x: 1, y: 2 };
const PROMPT: LanguageModelV4CallOptions["prompt"] = [{ role: "user", content: [{ type: "text", text: "go on" }] }];

// The SDK checks the input of its own tools by schemas whose members are strings or numbers, or missing.
it.each<[toolName: string, item: object, input: object]>([
  [
    "shell",
    { type: "shell_call", call_id: "c", action: { commands: ["ls"], timeout_ms: null, max_output_length: 100 } },
    { action: { commands: ["ls"], maxOutputLength: 100 } },
  ],
  [
    "local_shell",
    {
      type: "local_shell_call",
      call_id: "c",
      status: "completed",
      action: {
        ...{
          type: "exec",
          command: ["ls"],
          timeout_ms: 5,
          user: null,
          working_directory: "/",
          env: { SOME_NAME: "1" },
        },
      },
    },
    { action: { type: "exec", command: ["ls"], timeoutMs: 5, workingDirectory: "/", env: { SOME_NAME: "1" } } },
  ],
  [
    "computer",
    {
      ...{ type: "computer_call", call_id: "c", status: "completed", action: { ...CLICK, keys: null } },
      pending_safety_checks: [{ id: "s", code: null, message: "look" }],
    },
    { actions: [CLICK], pendingSafetyChecks: [{ id: "s", message: "look" }], status: "completed" },
  ],
])(
  "what the service leaves null is left out of the input of %s, and sent back as it came",
  async (toolName, item, input) => {
    const emulator = await emulate({ script: [{ items: [{ id: "i_1", ...item }] }, {}] });
    const model = () => codexApi("m", { line: clientOptions(emulator.url) });
    const { content } = await model().doGenerate({ prompt: PROMPT });
    const [call] = content;
    if (call?.type !== "tool-call") throw new Error("no call");
    expect([call.toolName, JSON.parse(call.input)]).toEqual([toolName, input]);
    const said = { ...call, input: JSON.parse(call.input), providerOptions: call.providerMetadata ?? {} };
    await model().doGenerate({ prompt: [...PROMPT, { role: "assistant", content: [said] }] });
    expect(emulator.requests.at(-1)?.json).toMatchObject({ input: [{}, item] });
  },
);
