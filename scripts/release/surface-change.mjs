// Which version a difference between two reports of the public surface needs.

/** @typedef {"major" | "minor" | "patch"} Level */
/** @typedef {{ readonly level: Level, readonly reasons: readonly string[] }} Change */

/** From the least to the most. @type {readonly Level[]} */
export const LEVELS = ["patch", "minor", "major"];

/** Types that callers create or implement: a new required member breaks their code. */
const GIVEN =
  /^(?:interface|type) \w*(?:Options|Overrides|Config|Policy|Provider|Identity|Telemetry|Logger|Clock|Transport|Sink|Certificate|Request|Input|Condition|Scenario|Step)\b/;

/**
 * Compares two reports of one entry. A removal or a change is `major`, an addition `minor`: unions of events, kinds
 * and items grow in minor versions, as their documentation says. A new required member is `major` in types that
 * callers create.
 *
 * @param {string} before
 * @param {string} after
 * @returns {Change}
 */
export function surfaceChange(before, after) {
  const [old, now] = [parse(before), parse(after)];
  /** @type {{ readonly level: Level, readonly reason: string }[]} */
  const found = [];
  const say = (/** @type {Level} */ level, /** @type {string} */ reason) => found.push({ level, reason });
  for (const name of old.names) if (!now.names.has(name)) say("major", `${name} is gone`);
  for (const name of now.names) if (!old.names.has(name)) say("minor", `${name} is new`);
  for (const [title, lines] of old.shapes) {
    const changed = now.shapes.get(title);
    // A type that is gone was mentioned by an export, whose change is reported.
    if (changed) compareShape(title, lines, changed, say);
  }
  const level = LEVELS.findLast((each) => found.some((one) => one.level === each)) ?? "patch";
  return { level, reasons: found.filter((one) => one.level === level).map(({ reason }) => reason) };
}

/**
 * @param {string} title
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @param {(level: Level, reason: string) => void} say
 */
function compareShape(title, before, after, say) {
  const left = remaining(after, before);
  for (const line of remaining(before, after)) say("major", `${title}: without \`${line}\``);
  for (const line of left) {
    const isMember = /^readonly |^\w+(\?)?[:(]/.test(line);
    const isRequired = isMember && !/^(?:readonly )?\w+\?/.test(line);
    say(isRequired && GIVEN.test(title) ? "major" : "minor", `${title}: with \`${line}\``);
  }
}

/** The lines that another text does not have, or not as often. */
function remaining(/** @type {readonly string[]} */ lines, /** @type {readonly string[]} */ others) {
  const rest = [...others];
  return lines.filter((line) => {
    const at = rest.indexOf(line);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}

/** The names that can be imported, and the lines of each declaration, with one line per alternative of a union. */
function parse(/** @type {string} */ report) {
  const [, names = "", ...shapes] = report.split(/^# .*$/m);
  /** @type {Map<string, string[]>} */
  const byTitle = new Map();
  for (const block of shapes.flatMap((section) => section.split(/\n\n+/))) {
    const text = block.trim();
    if (text === "") continue;
    const title = /^(?:abstract )?\w+ \w+/.exec(text)?.[0] ?? text;
    const lines = text.split("\n").flatMap(alternatives);
    byTitle.set(title, [...(byTitle.get(title) ?? []), ...lines]);
  }
  return { names: new Set(names.trim().split("\n").filter(Boolean)), shapes: byTitle };
}

/** Divides `type A = "x" | "y";`, so that a new alternative counts as an addition. */
function alternatives(/** @type {string} */ line) {
  const union = /^(type \w+(?:<.*>)? = )(.*\|.*);$/.exec(line.trim());
  if (!union) return [line.trim()];
  const [, head = "", body = ""] = union;
  return /[{(<]/.test(body) ? [line.trim()] : body.split("|").map((each) => `${head}${each.trim()}`);
}

/**
 * The version that a change needs. Before 1.0 a minor version may break and a patch may add, as semantic versioning says.
 *
 * @param {string} version
 * @param {Level} level
 */
export function nextVersion(version, level) {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const at = major > 0 ? level : level === "major" ? "minor" : "patch";
  if (at === "major") return `${major + 1}.0.0`;
  return at === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}
