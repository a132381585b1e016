import { createInterface } from "node:readline";
import type { ResponseStream, SteerDelivery } from "../../index.ts";

/** A response that can be steered. */
type Steerable = Pick<ResponseStream, "steer">;

/**
 * Sends each line that is typed into the response, and reports what becomes of it.
 *
 * @param say - Prints a line for people.
 * @returns A function that ends it: no more input is read.
 */
export function steerByTyping(
  stream: Steerable,
  input: NodeJS.ReadableStream,
  say: (line: string) => void,
): () => void {
  const lines = createInterface({ input });
  lines.on("line", (line) => {
    if (line.trim() === "") return;
    stream
      .steer(line)
      .then(({ delivery }) => delivery)
      .then(
        (delivery) => say(becameOf(delivery)),
        (error: Error) => say(`not said: ${error.message}`),
      );
  });
  return () => {
    lines.close();
    input.pause();
  };
}

function becameOf(delivery: SteerDelivery): string {
  if (delivery.status === "delivered") return "accepted; the answer continues with it";
  return `the service keeps it until it has the outputs that it waits for (${delivery.reason})`;
}
