// Changes that mean the same as what they change, or that nobody can notice, and why.

const TYPES_ASK = "a default that the types ask for: where it counts, nothing matches either way";

/** @type {readonly { table: string, code: RegExp, from: RegExp, why: string }[]} */
const EQUAL = [
  { table: "route/no-proxy.ts", code: /^const \[, \w+ = "".*\.exec\(entry\)/, from: /^""$/, why: TYPES_ASK },
  { table: "route/no-proxy.ts", code: /^return \["", filled/, from: /^""$/, why: "nobody reads the first entry" },
  {
    table: "session/recovery.ts",
    code: /^if \(!CodexApiError\.is\(error\)\) return false/,
    from: /^false$/,
    why: "an error that is not ours was given up before",
  },
  { table: "retry/policy.ts", code: /inspect\(word, \{ depth: 0/, from: /^0$/, why: "how deep a wrong value is shown" },
];

/** @returns {boolean} Whether the change is known to mean the same. */
export function isEqual(/** @type {{ table: string, code: string, from: string }} */ { table, code, from }) {
  return EQUAL.some((each) => table.endsWith(each.table) && each.code.test(code) && each.from.test(from));
}
