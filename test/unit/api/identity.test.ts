import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  conversationHeaders,
  identityHeaders,
  originatorOf,
  turnMetadataHeader,
  turnMetadataText,
} from "../../../src/api/identity.ts";
import { defaultUserAgent, terminalToken, userAgent } from "../../../src/api/user-agent.ts";
import { packageVersion } from "../../../src/client/version.ts";

const OVERRIDE = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE";

describe("the originator", () => {
  it.each([
    ["the reference's own", undefined, {}, "codex_cli_rs"],
    ["the program's", "my_program", {}, "my_program"],
    ["the variable's before the program's", "my_program", { [OVERRIDE]: "other" }, "other"],
    ["a tab is legal", "a\tb", {}, "a\tb"],
    ["an override that cannot be sent counts as the default", "my_program", { [OVERRIDE]: "jörg" }, "codex_cli_rs"],
    ["an empty override as none", "my_program", { [OVERRIDE]: "" }, "my_program"],
  ])("%s", (_what, given, env, expected) => {
    expect(originatorOf(given, env)).toBe(expected);
  });

  it.each(["jörg", "a\nb", ""])("%j is a build error", (given) => {
    expect(() => originatorOf(given, { [OVERRIDE]: "other" })).toThrow(expect.objectContaining({ kind: "build" }));
  });
});

describe("the user agent", () => {
  const system = { type: "Debian", version: "12.0.0", architecture: "x86_64" };
  const env = { TERM: "dumb" };

  it("has the reference's form", () => {
    expect(userAgent({ product: "codex_exec", version: "0.115.0", suffix: "codex-exec; 0.115.0", system, env })).toBe(
      "codex_exec/0.115.0 (Debian 12.0.0; x86_64) dumb (codex-exec; 0.115.0)",
    );
  });

  it("leaves out a blank suffix, trims another, and knows no architecture", () => {
    const nowhere = { type: "Plan 9", version: "4" };
    expect(userAgent({ product: "a", version: "1", suffix: "  ", system: nowhere, env })).toBe(
      "a/1 (Plan 9 4; unknown) dumb",
    );
    expect(userAgent({ product: "a", version: "1", suffix: " b ", system, env })).toMatch(/ dumb \(b\)$/);
  });

  it.each([
    ["a tab stays", "x\ty", "(x\ty)"],
    ["unless something else is wrong", "x\tö", "(x__)"],
    ["one sign for each character, however many bytes it takes", "é😀", "(__)"],
  ])("what a header cannot carry is replaced: %s", (_what, suffix, end) => {
    expect(userAgent({ product: "a", suffix, system, env }).endsWith(end)).toBe(true);
  });

  it("is made up when it is needed, not when the package is imported", async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.resetModules();
    vi.stubEnv("TERM_PROGRAM", "first");
    const { defaultUserAgent } = await import("../../../src/api/user-agent.ts");
    vi.stubEnv("TERM_PROGRAM", "second");
    expect(defaultUserAgent()).toContain(" second");
  });

  it("of a client without identity names this package", () => {
    expect(defaultUserAgent().startsWith(`codex-wire/${packageVersion} (`)).toBe(true);
  });
});

describe("the terminal", () => {
  it.each([
    [{ TERM_PROGRAM: "iTerm.app", TERM_PROGRAM_VERSION: "3.5", WEZTERM_VERSION: "1" }, "iTerm.app/3.5"],
    [{ TERM_PROGRAM: "vscode" }, "vscode"],
    [{ TERM_PROGRAM: " ", WEZTERM_VERSION: "20240203" }, "WezTerm/20240203"],
    [{ ITERM_SESSION_ID: "w0", TERM_SESSION_ID: "x" }, "iTerm"],
    [{ TERM_SESSION_ID: "x", KITTY_WINDOW_ID: "1" }, "Apple_Terminal"],
    [{ TERM: "xterm-kitty" }, "kitty"],
    [{ TERM: "alacritty" }, "Alacritty"],
    [{ KONSOLE_VERSION: "230800", TERM: "xterm" }, "Konsole/230800"],
    [{ GNOME_TERMINAL_SCREEN: "/org", VTE_VERSION: "7200" }, "gnome-terminal"],
    [{ VTE_VERSION: "7200" }, "VTE/7200"],
    [{ WT_SESSION: "guid", TERM: "xterm" }, "WindowsTerminal"],
    [{ TERM: "xterm-256color" }, "xterm-256color"],
    [{ TERM_PROGRAM: "my term(1)", TERM_PROGRAM_VERSION: "ü" }, "my_term_1_/_"],
    [{}, "unknown"],
  ])("%j is %s", (env, token) => {
    expect(terminalToken(env)).toBe(token);
  });
});

describe("identity headers", () => {
  it("the carriers differ in user agent and timing alone", () => {
    const { http, websocket } = identityHeaders(
      { includeTimingMetrics: true, betaFeatures: ["a", "b"] },
      {},
      { TERM: "dumb" },
    );
    const { "user-agent": agent, ...sharedByHttp } = http;
    const { "x-responsesapi-include-timing-metrics": timing, ...sharedByWebsocket } = websocket;
    expect(agent).toContain("codex_cli_rs/");
    expect(timing).toBe("true");
    expect(sharedByHttp).toEqual(sharedByWebsocket);
    expect(sharedByHttp).toMatchObject({ originator: "codex_cli_rs", "x-codex-beta-features": "a,b" });
  });

  it("no beta features, no header", () => {
    expect(identityHeaders({ betaFeatures: [] }, {}, {}).http["x-codex-beta-features"]).toBeUndefined();
  });

  it("without an id the conversation has no headers", () => {
    expect(Object.values(conversationHeaders(undefined, "both")).filter((value) => value !== undefined)).toEqual([]);
  });
});

describe("the turn's metadata", () => {
  it("is text, or becomes it", () => {
    expect(turnMetadataText({ turn_id: "t" })).toBe('{"turn_id":"t"}');
    expect(turnMetadataText("as it is")).toBe("as it is");
    expect(turnMetadataText(undefined)).toBeUndefined();
  });

  it("is no header outside ASCII, nor with a line break", () => {
    expect(turnMetadataHeader("plain")).toEqual({ "x-codex-turn-metadata": "plain" });
    for (const text of ["jörg", "a\nb", undefined]) expect(turnMetadataHeader(text)).toEqual({});
  });
});
