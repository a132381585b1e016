import { once } from "node:events";
import { expect, it, vi } from "vitest";
import { Departure } from "../../../src/emulator/delivery/departure.ts";

it("lets every answer on a connection wait for it without a leak warning", async () => {
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const gone = new Departure();
  const waiting = Array.from({ length: 20 }, () => once(gone.signal, "abort"));
  gone.happened();
  await Promise.all(waiting);
  expect(emitWarning).not.toHaveBeenCalled();
});
