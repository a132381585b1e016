// Changes that make no difference, or none that a test could notice, and why.

const SET_BEFORE = "set before it is read";
const TYPES_ASK = "a default that the types ask for: where it counts, nothing matches either way";

/** @type {readonly { table: string, code: RegExp, from: RegExp, why: string }[]} */
const EQUAL = [
  { table: "route/no-proxy.ts", code: /^const \[, \w+ = "".*\.exec\(entry\)/, from: /^""$/, why: TYPES_ASK },
  { table: "route/no-proxy.ts", code: /^return \["", filled/, from: /^""$/, why: "nobody reads the first entry" },
  {
    table: "call/recovery.ts",
    code: /^if \(!CodexApiError\.is\(error\)\) return false/,
    from: /^false$/,
    why: "an error that is not ours was given up before",
  },
  { table: "retry/policy.ts", code: /inspect\(word, \{ depth: 0/, from: /^0$/, why: "how deep a wrong value is shown" },
  {
    table: "http/chunked-body.ts",
    code: /^const LF_AFTER_DATA = 4/,
    from: /^4$/,
    why: "a name, and no other has the number",
  },
  { table: "http/chunked-body.ts", code: /^let from = 0;/, from: /^0$/, why: SET_BEFORE },
  {
    table: "http/direct-reads.ts",
    code: /^return socket\.readableLength > 0 \? push\.call\(socket, rest\)/,
    from: /^0$/,
    why: "what is left there is a head, which is longer",
  },
  { table: "sse/decoder.ts", code: /^#(holdsEvent|endsInLineFeed) = false;/, from: /^false$/, why: SET_BEFORE },
  { table: "sse/decoder.ts", code: /^let start = 0;/, from: /^0$/, why: SET_BEFORE },
  {
    table: "sse/decoder.ts",
    code: /this\.#readBytes\(end - start < /,
    from: /^<$/,
    why: "reads nothing, or a view of the whole chunk",
  },
  { table: "sse/decoder.ts", code: /^if \(end < chunk\.length\) this\.#hold/, from: /^<$/, why: "holds nothing" },
  {
    table: "sse/decoder.ts",
    code: /^const isWhole =/,
    from: /^-$/,
    why: "never true, and the same cut is found without it",
  },
  {
    table: "sse/decoder.ts",
    code: /^if \(start < bytes\.length\) this\.#readLines/,
    from: /^[<>0]$/,
    why: "reads nothing, or a view of all bytes",
  },
  {
    table: "sse/decoder.ts",
    code: /text\.startsWith\("(data|event):", start\)/,
    from: /^"/,
    why: "rare lines are read alike",
  },
  {
    table: "sse/line-ends.ts",
    code: /^for \(let at = chunk\.\w+\(LF\);/,
    from: /^1$/,
    why: "the byte that is skipped is no LF: that was just looked at",
  },
  {
    table: "sse/line-ends.ts",
    code: /^if \(chunk\[chunk\.length - 1\] === LF\)/,
    from: /^-$/,
    why: "never true, and the same end is found without it",
  },
];

/** @returns {boolean} Whether the change is known to make no difference. */
export function isEqual(/** @type {{ table: string, code: string, from: string }} */ { table, code, from }) {
  return EQUAL.some((each) => table.endsWith(each.table) && each.code.test(code) && each.from.test(from));
}
