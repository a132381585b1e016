import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { steerByTyping } from "../../../../src/cli/response/typed-lines.ts";
import type { Steer, SteerInput } from "../../../../src/index.ts";

it("steers the response with each typed line, and reports what becomes of it", async () => {
  const said: SteerInput[] = [];
  const told: string[] = [];
  const deliveries: Steer["delivery"][] = [
    Promise.resolve({ status: "delivered" }),
    Promise.resolve({ status: "pending", reason: "waiting_for_required_input", requiredInput: [] }),
    Promise.reject(new Error("the response is complete")),
  ];
  const input = new PassThrough();
  const allTold = new Promise<void>((resolve) => {
    const stop = steerByTyping(
      {
        steer: async (line) => {
          said.push(line);
          return { id: "steer_1", delivery: deliveries[said.length - 1] as Steer["delivery"] };
        },
      },
      input,
      (line) => {
        told.push(line);
        if (told.length === 3) {
          stop();
          resolve();
        }
      },
    );
  });
  input.write("shorter, please\n\n  \nin French\nlouder\n");
  await allTold;
  expect(said).toEqual(["shorter, please", "in French", "louder"]);
  expect(told.sort()).toEqual([
    "accepted; the answer continues with it",
    "not said: the response is complete",
    "the service keeps it until it has the outputs that it waits for (waiting_for_required_input)",
  ]);
  input.write("too late\n");
  await new Promise(setImmediate);
  expect(said).toHaveLength(3);
});
