import { createInterface } from "node:readline";
import type { ResponseStream, SteerDelivery } from "../../index.ts";

/** A response into which something can be said. */
type Steerable = Pick<ResponseStream, "steer">;

/**
 * Says each line that is typed into the response while it comes, and tells what becomes of it.
 *
 * @param say - Told in a line for people.
 * @returns Ends it: nothing is read from the input any more.
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
  if (delivery.status === "delivered") return "said; the answer goes on from here";
  return `the service keeps it until it has what it waits for (${delivery.reason})`;
}
