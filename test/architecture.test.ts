import { describe, expect, test } from "vitest";
import { MAX_FILES, MAX_LINES, violations } from "./support/architecture/rules.ts";
import { readProjectFile, typescriptFiles } from "./support/project-files.ts";

test("the sources keep the directions between layers, the gates to the network and the size of a file", {
  timeout: 60_000, // it parses every source, on a machine that may be busy
}, () => {
  const files = typescriptFiles("src");
  expect(files.length).toBeGreaterThan(50);
  expect(violations(files)).toEqual([]);
});

test("the pages on the architecture name no file that is not there", () => {
  const files = ["src", "test"].flatMap(typescriptFiles).map(({ path }) => `/${path}`);
  for (const page of ["docs/architecture.md", "docs/decisions.md", "docs/performance.md"]) {
    const named = new Set(readProjectFile(page).match(/[\w./-]+\.ts\b/g));
    expect(named.size, page).toBeGreaterThan(0);
    const missing = [...named].filter((name) => !files.some((path) => path.endsWith(`/${name}`)));
    expect(missing, page).toEqual([]);
  }
});

describe("the check catches", () => {
  const caught: readonly (readonly [what: string, path: string, text: string, message: RegExp])[] = [
    ["the transport knowing an endpoint", "src/client/a.ts", `import { x } from "../api/x.ts";`, /must not know/],
    ["it by a type", "src/client/a.ts", `import type { X } from "../api/x.ts";`, /must not know/],
    ["it by an import type", "src/client/a.ts", `let x: import("../api/x.ts").X;`, /must not know/],
    ["it by a re-export", "src/client/a.ts", `export { x } from "../api/x.ts";`, /must not know/],
    ["the command reaching behind the public API", "src/cli/a.ts", `import { x } from "../api/x.ts";`, /must not know/],
    ["it lazily", "src/client/a.ts", `const x = await import("../api/x.ts");`, /must not know/],
    ["an endpoint knowing the command", "src/api/a.ts", `import { x } from "../cli/x.ts";`, /must not know/],
    ["the library shipping the emulator", "src/index.ts", `export { x } from "./emulator/x.ts";`, /must not know/],
    ["the emulator using our decoder", "src/emulator/a.ts", `import { d } from "../api/wire/d.ts";`, /must not know/],
    ["it behind an inline type", "src/emulator/a.ts", `import { type D } from "../api/wire/d.ts";`, /must not know/],
    ["the emulator knowing the session", "src/emulator/a.ts", `import type { S } from "../api/s.ts";`, /must not know/],
    ["a door going past the public API", "src/doors/a.ts", `import { x } from "../api/x.ts";`, /must not know/],
    ["an endpoint knowing a door", "src/api/a.ts", `import { x } from "../doors/x.ts";`, /must not know/],
    [
      "the library loading a framework",
      "src/api/a.ts",
      `import { Agent } from "@openai/agents";`,
      /loads @openai\/agents/,
    ],
    ["a file outside the layers", "src/tools/a.ts", `import { x } from "../client/x.ts";`, /no layer/],
    ["TLS outside trust", "src/client/route/a.ts", `import { connect } from "node:tls";`, /loads node:tls/],
    ["TLS without its prefix", "src/client/route/a.ts", `import tls from "tls";`, /loads node:tls/],
    ["TLS by getBuiltinModule", "src/api/a.ts", `process.getBuiltinModule("node:tls");`, /loads node:tls/],
    ["TLS by createRequire", "src/api/a.ts", `createRequire(import.meta.url)("tls");`, /loads node:tls/],
    [
      "TLS by a kept createRequire",
      "src/api/a.ts",
      `const load = module.createRequire(import.meta.url); load("node:tls");`,
      /loads node:tls/,
    ],
    ["TLS by require", "src/api/a.ts", `const tls = require("node:tls");`, /loads node:tls/],
    ["TLS by import equals", "src/api/a.ts", `import tls = require("node:tls");`, /loads node:tls/],
    ["a module name put together", "src/api/a.ts", "await import(prefix + name);", /name it computes/],
    ["undici in an endpoint", "src/api/a.ts", `const { request } = await import("undici");`, /loads undici/],
    ["a part of undici", "src/api/a.ts", `import x from "undici/lib/x.js";`, /loads undici/],
    ["ws outside its folder", "src/client/a.ts", `import { WebSocket } from "ws";`, /loads ws/],
    ["socks outside the route", "src/client/http/a.ts", `import { SocksClient } from "socks";`, /loads socks/],
    [
      "a socket outside the route",
      "src/client/http/a.ts",
      `import { isIP, connect } from "node:net";`,
      /loads node:net/,
    ],
    ["an HTTP call outside the route", "src/cli/a.ts", `import { request } from "node:https";`, /loads node:https/],
    ["HTTP/2 by hand", "src/client/http/a.ts", `import * as http2 from "node:http2";`, /loads node:http2/],
    ["a dependency that is none", "src/api/a.ts", `import axios from "axios";`, /no dependency of ours/],
    ["the platform's fetch", "src/client/a.ts", `await fetch(url);`, /global fetch/],
    ["it through globalThis", "src/client/a.ts", `const send = globalThis.fetch;`, /global fetch/],
    ["the platform's WebSocket", "src/api/a.ts", `new WebSocket(url);`, /global WebSocket/],
    ["output of the library's own", "src/api/a.ts", `console.log("here");`, /global console/],
    [
      "a table with what every object inherits",
      "src/client/a.ts",
      "const T: Readonly<Record<string, number>> = { a: 1 };",
      /T is a table as an object/,
    ],
    ["it by an index signature", "src/api/a.ts", "export const T: { [name: string]: number } = {};", /T is a table/],
    ["a long file", "src/api/a.ts", "\n".repeat(MAX_LINES + 1), /lines/],
  ];
  test.each(caught)("%s", (_what, path, text, message) => {
    expect(violations([{ path, text }])).toEqual([expect.stringMatching(message)]);
  });

  test("a second file that wraps undici", () => {
    const text = `const undici = await import("undici");`;
    const files = ["src/client/http/a.ts", "src/client/http/b.ts"].map((path) => ({ path, text }));
    expect(violations(files)).toEqual([expect.stringMatching(/more than one file of src\/client\//)]);
  });

  test("files that load each other", () => {
    const files = [
      { path: "src/api/a.ts", text: `import { b } from "./b.ts";` },
      { path: "src/api/b.ts", text: `import { a } from "./a.ts";` },
    ];
    expect(violations(files)).toEqual(["files load each other: src/api/a.ts -> src/api/b.ts -> src/api/a.ts"]);
  });

  test("files that name each other's types", () => {
    const files = [
      { path: "src/api/a.ts", text: `import type { B } from "./b.ts";` },
      { path: "src/api/b.ts", text: `import type { A } from "./a.ts";` },
    ];
    expect(violations(files)).toEqual(["files name each other's types: src/api/a.ts -> src/api/b.ts -> src/api/a.ts"]);
  });

  test("a folder with a pile of files", () => {
    const files = Array.from({ length: MAX_FILES + 1 }, (_, index) => ({ path: `src/api/pile/${index}.ts`, text: "" }));
    expect(violations(files)).toEqual([expect.stringMatching(/src\/api\/pile has 15 files/)]);
    expect(violations(files.slice(1))).toEqual([]);
  });

  test("folders that know each other", () => {
    const files = [
      { path: "src/client/sse/a.ts", text: `import { x } from "../trust/x.ts";` },
      { path: "src/client/trust/x.ts", text: `const { b } = await import("../sse/b.ts");` },
    ];
    expect(violations(files)).toEqual([
      "folders know each other: src/client/sse -> src/client/trust -> src/client/sse",
    ]);
  });
});

describe("the check lets pass", () => {
  const passed: readonly (readonly [what: string, path: string, text: string])[] = [
    ["an endpoint using the transport", "src/api/a.ts", `import { x } from "../client/x.ts";`],
    ["the command using every layer", "src/cli/a.ts", `import { startEmulator } from "../emulator/index.ts";`],
    ["the emulator naming wire types", "src/emulator/a.ts", `import type { Item } from "../api/wire/items.ts";`],
    ["TLS in trust", "src/client/trust/a.ts", `import { createSecureContext } from "node:tls";`],
    ["a type of TLS", "src/client/http/a.ts", `import type { TLSSocket } from "node:tls";`],
    ["a type of undici", "src/client/http/a.ts", `type Undici = typeof import("undici");`],
    ["names of node:net that open nothing", "src/client/http/a.ts", `import { isIP } from "node:net";`],
    ["status texts", "src/api/a.ts", `import { STATUS_CODES } from "node:http";`],
    ["a fetch of the caller's", "src/client/a.ts", `export function call(fetch: Fetch) { return fetch("x"); }`],
    ["modules named in comments and strings", "src/api/a.ts", `// import "ws"\nconst x = 'import("undici")';`],
    ["the command printing", "src/cli/a.ts", `console.error("usage");`],
    ["a table of known keys", "src/api/a.ts", `const T: Readonly<Record<"a" | "b", number>> = { a: 1, b: 2 };`],
    ["a table as a Map", "src/api/a.ts", `const T: ReadonlyMap<string, number> = new Map([["a", 1]]);`],
    [
      "an object filled in a function",
      "src/api/a.ts",
      "function f() { const o: Record<string, number> = {}; return o; }",
    ],
    ["a file of the longest allowed", "src/api/a.ts", "\n".repeat(MAX_LINES)],
  ];
  test.each(passed)("%s", (_what, path, text) => {
    expect(violations([{ path, text }])).toEqual([]);
  });
});
