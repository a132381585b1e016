import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { Workbench } from "../../../../src/emulator/index.ts";
import { send } from "../../emulator/raw-client.ts";
import { HELLO } from "../support.ts";
import { connect, gate } from "./support.ts";

describe("an inspector", () => {
  it("shows the traffic of the gateway", async () => {
    const inspector = new Workbench();
    const { url, gateway } = await gate({}, { inspector });
    await send(url, { body: HELLO });
    const socket = await connect(url);
    socket.send(JSON.stringify({ type: "response.create", model: "m", input: "hi" }));
    await once(socket, "message");
    const [first, second] = inspector.traffic.exchanges;
    expect(first?.entries.filter(({ kind }) => kind === "event").length).toBeGreaterThan(3);
    expect(first?.entries.at(-1)).toMatchObject({ kind: "end", how: "finished" });
    expect(second?.entries.map(({ kind }) => kind).slice(0, 3)).toEqual(["answer", "sent", "received"]);
    expect((await send(`${new URL(gateway.url).origin}/`)).text).toContain("<!doctype html>");
  });
});
