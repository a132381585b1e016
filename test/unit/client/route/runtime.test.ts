import { expect, it } from "vitest";
import { checkTakesConnections } from "../../../../src/client/route/runtime.ts";

it.each([undefined, "1.4.0", "1.10.2", "2.0.0"])(
  "a runtime that uses the given connection is accepted: Bun %s",
  (bun) => {
    expect(() => checkTakesConnections("a WebSocket", bun)).not.toThrow();
  },
);

it.each(["1.3.14", "0.8.1"])(
  "Bun %s, which opens its own connection without trust and route, is refused before anything is sent",
  (bun) => {
    expect(() => checkTakesConnections("a WebSocket", bun)).toThrow(
      expect.objectContaining({
        kind: "build",
        message: expect.stringMatching(/^a WebSocket .*Bun .*Bun 1\.4 or later, or Node/),
      }),
    );
  },
);
