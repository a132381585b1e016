import { describe, expect, it } from "vitest";
import { identityOf, originatorOf } from "../../../src/api/identity.ts";
import { chatgptProvider, openaiProvider } from "../../../src/api/providers.ts";
import { conversationHeaders, turnMetadataText } from "../../../src/api/service/call-options.ts";
import { terminalToken, userAgent } from "../../../src/api/user-agent.ts";
import { packageVersion } from "../../../src/client/version.ts";

const OVERRIDE = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE";

describe("the originator", () => {
  it.each([
    ["this package's own", undefined, {}, "codex-wire"],
    ["the program's", "my_program", {}, "my_program"],
    ["the variable's, which overrides the program's", "my_program", { [OVERRIDE]: "other" }, "other"],
    ["with a tab, which is legal", "a\tb", {}, "a\tb"],
    ["an override that cannot be sent is replaced by the default", "my_program", { [OVERRIDE]: "jörg" }, "codex-wire"],
    ["an empty override counts as none", "my_program", { [OVERRIDE]: "" }, "my_program"],
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

  it("leaves out a blank suffix, trims any other, and has no architecture", () => {
    const nowhere = { type: "Plan 9", version: "4" };
    expect(userAgent({ product: "a", version: "1", suffix: "  ", system: nowhere, env })).toBe(
      "a/1 (Plan 9 4; unknown) dumb",
    );
    expect(userAgent({ product: "a", version: "1", suffix: " b ", system, env })).toMatch(/ dumb \(b\)$/);
  });

  it.each([
    ["a tab stays", "x\ty", "(x\ty)"],
    ["a tab beside something else that is invalid", "x\tö", "(x__)"],
    ["one replacement for each character, however many bytes it has", "é😀", "(__)"],
  ])("replaces what a header cannot carry: %s", (_what, suffix, end) => {
    expect(userAgent({ product: "a", suffix, system, env }).endsWith(end)).toBe(true);
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

describe("an identity", () => {
  const provider = openaiProvider({ env: {} });

  // parity: identity/own-originator
  it("nobody gave names this package, in each place where a version or a program is named", () => {
    const { defaults, given, clientVersion } = identityOf(undefined, provider, { TERM: "dumb" });
    expect(clientVersion).toBe(packageVersion);
    expect(defaults).toMatchObject({ originator: "codex-wire", version: packageVersion });
    expect(defaults["user-agent"]).toMatch(new RegExp(`^codex-wire/${packageVersion} \\(.*\\) dumb$`));
    expect(Object.values(given).filter((value) => value !== undefined)).toEqual([]);
  });

  it("for the ChatGPT backend names the reference's program", () => {
    expect(identityOf(undefined, chatgptProvider({ env: {} }), {}).defaults.originator).toBe("codex_cli_rs");
  });

  it("that the provider's headers give in part is the same in the user agent and in a query for models", () => {
    const ofProvider = { ...provider, headers: { version: "1.2.3", originator: "theirs" } };
    const { defaults, clientVersion } = identityOf({}, ofProvider, {});
    expect(clientVersion).toBe("1.2.3");
    expect(defaults["user-agent"]).toMatch(/^theirs\/1\.2\.3 /);
  });

  it("asks for timing only in a handshake, and names features with every request (parity: identity/on-every-request)", () => {
    const { given, ofHandshake } = identityOf({ includeTimingMetrics: true, betaFeatures: ["a", "b"] }, provider, {});
    expect(ofHandshake).toEqual({ "x-responsesapi-include-timing-metrics": "true" });
    expect(given["x-codex-beta-features"]).toBe("a,b");
    expect(identityOf({ betaFeatures: [] }, provider, {}).given["x-codex-beta-features"]).toBeUndefined();
  });

  it("with an unknown option is a build error that names the nearest one", () => {
    expect(() => identityOf({ orginator: "me" } as never, provider, {})).toThrow(
      'unknown option "orginator" in identity; did you mean originator?',
    );
  });
});

describe("a conversation", () => {
  it("without an id has no headers", () => {
    expect(Object.values(conversationHeaders({}, "both")).filter((value) => value !== undefined)).toEqual([]);
  });

  it("has the turn's metadata as text, whether given as text or object", () => {
    expect(turnMetadataText({ turn_id: "t" })).toBe('{"turn_id":"t"}');
    expect(turnMetadataText("as it is")).toBe("as it is");
    expect(turnMetadataText(undefined)).toBeUndefined();
  });

  it("has no metadata header if the text is not ASCII or has a line break", () => {
    expect(conversationHeaders({ turnMetadata: "plain" })["x-codex-turn-metadata"]).toBe("plain");
    for (const turnMetadata of ["jörg", "a\nb", undefined])
      expect(conversationHeaders({ turnMetadata })["x-codex-turn-metadata"]).toBeUndefined();
  });
});
