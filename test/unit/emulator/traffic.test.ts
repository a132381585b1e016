import { expect, it } from "vitest";
import { Traffic } from "../../../src/emulator/workbench/exchanges/traffic.ts";

const head = {
  carrier: "websocket",
  method: "GET",
  path: "/",
  headers: [],
  body: new Uint8Array(0),
  connection: 1,
} as const;

it("an endless connection keeps the newest traffic within the bound", () => {
  const traffic = new Traffic();
  const exchange = traffic.begin(head);
  const megabyte = "x".repeat(1024 * 1024);
  for (let index = 0; index < 100; index += 1) exchange.pass({ kind: "sent", data: `${index} ${megabyte}` });
  const kept = exchange.entries.map((entry) => ("data" in entry ? String(entry.data).split(" ")[0] : ""));
  expect(kept.at(-1)).toBe("99");
  expect(kept.length).toBeGreaterThan(10);
  expect(kept.length).toBeLessThanOrEqual(33);
});
