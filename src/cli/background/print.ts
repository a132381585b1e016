import type { ResponseStream } from "../../index.ts";
import { toggle } from "../options.ts";
import { say } from "../output.ts";
import { type Printing, printResponse } from "../response/print.ts";

export const cancelOnLeaveOption = toggle(
  "cancel the response when this program is interrupted; default: it continues",
);

/** Prints a background response. If it ends early, standard error says how to continue it. */
export async function printBackground(
  stream: ResponseStream,
  { cancelOnLeave, ...printing }: Printing & { readonly cancelOnLeave: boolean },
): Promise<void> {
  try {
    await printResponse(stream, printing);
  } catch (error) {
    const { position } = stream;
    if (position && !cancelOnLeave) {
      const after = position.after === undefined ? "" : ` --after ${position.after}`;
      say(`to continue: codex-wire resume ${position.responseId}${after}`);
    }
    throw error;
  }
}
