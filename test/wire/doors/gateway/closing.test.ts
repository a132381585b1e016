import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { open, send } from "../../emulator/raw-client.ts";
import { wire } from "../../session/support.ts";
import { eventsIn, HELLO } from "../support.ts";
import { connect, gate } from "./support.ts";

describe("closing", () => {
  it("waits for requests in progress, and accepts no others", async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    async function* events() {
      yield wire.created;
      yield wire.delta("x");
      await finished;
      yield wire.completed();
    }
    const { url, gateway } = await gate({
      script: (request) => (request.kind === "frame" ? { events: events() } : undefined),
    });
    const answer = await open(url, { method: "POST", body: HELLO });
    const socket = await connect(url);
    const chunks: string[] = [];
    answer.on("data", (chunk) => chunks.push(String(chunk)));
    await once(answer, "data");
    const closed = gateway.close({ graceMs: 60_000 });
    const [code] = await once(socket, "close");
    expect(code).toBe(1001);
    await expect(send(url, { body: HELLO })).rejects.toThrow();
    finish();
    await once(answer, "end");
    expect(eventsIn(chunks.join("")).at(-1)?.data.type).toBe("response.completed");
    await closed;
  });

  it("ends them when the grace period is over", async () => {
    const { url, gateway } = await gate({ script: [{ events: [wire.created], stallAfterEvents: 1 }] });
    const answer = await open(url, { method: "POST", body: HELLO });
    answer.on("error", () => {});
    await gateway.close();
    if (!answer.destroyed) await once(answer, "close");
    expect(answer.complete).toBe(false);
  });
});
