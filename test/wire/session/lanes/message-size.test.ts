import { describe, expect, it } from "vitest";
import { connect } from "../../websocket/responses-support.ts";
import { openSession, user } from "../support.ts";
import { say, serveLanes, whole } from "./support.ts";

describe("a server that announces its largest message in the handshake", () => {
  const LARGE = user("x".repeat(2_000));
  const headers = { "x-codex-websocket-max-message-bytes": "1000" };
  const answer = () => serveLanes((_frame, own, { frames }) => whole(own, `resp_${frames.length}`, "fine"), headers);

  it("gets no larger one from a session that uses only WebSockets: a build error, and the lanes continue", async () => {
    const server = await answer();
    const { session } = openSession(server.url, { carrier: "websocket" });
    await say(session, [], "one");
    const large = session.stream({ model: "m", input: [LARGE] });
    await expect(large).rejects.toMatchObject({ kind: "build", message: expect.stringContaining("1000 bytes") });
    expect((await say(session.lane("a"), [], "two")).text).toBe("fine");
    expect(server.frames).toHaveLength(2);
    expect(server.sockets).toHaveLength(1);
  });

  it("gets none from a connection: a limit error, and the connection stays open", async () => {
    const server = await answer();
    const connection = await connect(server.url);
    expect(connection.maxMessageBytes).toBe(1_000);
    await expect(connection.stream({ model: "m", input: [LARGE] })).rejects.toMatchObject({
      kind: "limit",
      what: "request",
      limit: 1_000,
      replay: "safe",
    });
    expect((await (await connection.stream({ model: "m", input: "one" })).collect()).text).toBe("fine");
  });
});
