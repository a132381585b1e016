import { dirname, posix } from "node:path";
import type { ProjectFile } from "../project-files.ts";
import { type ImportUse, readSource } from "./imports.ts";

const MANIFEST = "package.json"; // for the version

/** What each layer may import of this project, as path prefixes. `types`: only with `import type`. */
const LAYERS: readonly {
  readonly layer: string;
  readonly may: readonly string[];
  readonly types?: readonly string[];
}[] = [
  { layer: "src/secrets/", may: ["src/secrets/"] },
  { layer: "src/client/", may: ["src/client/", "src/secrets/", MANIFEST] },
  { layer: "src/api/", may: ["src/api/", "src/client/"] },
  { layer: "src/server/", may: ["src/server/"] },
  {
    layer: "src/emulator/",
    may: ["src/emulator/", "src/secrets/", "src/server/index.ts"],
    types: ["src/api/wire/"],
  },
  {
    layer: "src/doors/",
    may: ["src/doors/", "src/index.ts", "src/client/index.ts", "src/server/index.ts"],
    types: ["src/emulator/workbench/inspector.ts"],
  },
  {
    layer: "src/cli/",
    may: ["src/cli/", "src/index.ts", "src/client/index.ts", "src/emulator/index.ts", "src/doors/gateway/index.ts"],
  },
  { layer: "src/index.ts", may: ["src/api/", "src/client/"] },
];

/**
 * Modules that can open a connection, and the only places that may load them, as path prefixes. The names in `harmless` open none. `once`:
 * only one file of each place, which wraps the module.
 */
const GATES: Readonly<Record<string, { places: readonly string[]; once?: boolean; harmless?: readonly string[] }>> = {
  undici: { places: ["src/client/"], once: true },
  ws: { places: ["src/client/websocket/", "src/emulator/", "src/doors/gateway/"], once: true },
  socks: { places: ["src/client/route/"], once: true },
  yaml: { places: ["src/emulator/"], once: true },
  "@ai-sdk/provider": { places: ["src/doors/ai-sdk/"] },
  "@openai/agents": { places: ["src/doors/openai-agents/"], once: true },
  "@opentelemetry/api": { places: ["src/doors/opentelemetry/"], once: true },
  "@bokuweb/zstd-wasm": { places: ["src/client/", "src/server/"], once: true },
  "node:tls": { places: ["src/client/trust/", "src/emulator/"] },
  "node:net": {
    places: ["src/client/route/", "src/emulator/"],
    harmless: ["isIP", "isIPv4", "isIPv6", "BlockList"],
  },
  // An Agent opens nothing by itself: ours override how it connects.
  "node:http": {
    places: ["src/client/route/", "src/emulator/", "src/doors/gateway/"],
    harmless: ["STATUS_CODES", "METHODS", "Agent"],
  },
  "node:https": { places: ["src/client/route/", "src/emulator/"], harmless: ["Agent"] },
  "node:http2": { places: ["src/emulator/"] },
  "node:dgram": { places: [] },
};

/** Files that load a module named by the caller: a scenario. */
const LOADS_ANYTHING = ["src/emulator/scenario/file.ts", "src/client/http/undici.ts"];

/** Globals that open connections without the policy for certificates and routes, and `console`, because output is up to the caller. */
const GLOBALS: Readonly<Record<string, readonly string[]>> = {
  fetch: [],
  WebSocket: [],
  EventSource: [],
  console: ["src/cli/"],
};

/** Places where texts of servers and files are looked up in tables, and must not find inherited names. */
const FED_BY_STRANGERS = ["src/client/", "src/api/"];

export const MAX_LINES = 380;

/** The violations of the rules in the sources, one line each. */
export function violations(files: readonly ProjectFile[]): string[] {
  const facts = files.map((file) => ({ ...file, ...readSource(file.path, file.text) }));
  const graph = new Map(
    facts.map(({ path, imports }) => [path, imports.map((use) => ({ ...use, target: target(path, use) }))]),
  );
  return [
    ...facts.flatMap(({ path, imports }) => imports.flatMap((use) => importViolations(path, use))),
    ...facts.flatMap(({ path, globals }) =>
      globals
        .filter(({ name }) => Object.hasOwn(GLOBALS, name) && !isBelow(path, GLOBALS[name] ?? []))
        .map(({ name, line }) => `${path}:${line} uses the global ${name}`),
    ),
    ...facts.flatMap(({ path, objectTables }) =>
      isBelow(path, FED_BY_STRANGERS)
        ? objectTables.map(
            ({ name, line }) =>
              `${path}:${line} ${name} is a table as an object, which has a "constructor"; make it a Map`,
          )
        : [],
    ),
    ...wrappedTwice(facts),
    ...facts.flatMap(({ path, text }) => {
      const lines = text.split("\n").length - 1;
      return lines > MAX_LINES ? [`${path} has ${lines} lines; a concept is hidden in it`] : [];
    }),
    ...cycles(edges(graph, (use) => !use.typeOnly && !use.lazy)).map((cycle) => `files load each other: ${cycle}`),
    ...cycles(knownByType(graph)).map((cycle) => `files name each other's types: ${cycle}`),
    ...crowdedFolders(files),
    ...cycles(folderEdges(graph)).map((cycle) => `folders know each other: ${cycle}`),
  ];
}

/** A folder with more files than this should be divided. */
export const MAX_FILES = 14;

/** Folders that are too large. They must not grow, and leave this list when they are divided. */
const CROWDED: ReadonlyMap<string, number> = new Map();

/** Accepted circular imports of types: the file that closes the circle, and the file that it imports. New ones need a reason. */
const TYPE_CIRCLES: readonly (readonly [from: string, to: string])[] = [
  ["src/api/wire/items.ts", "src/api/wire/hosted-items.ts"], // a union knows its members, and they the parts they share
];

function crowdedFolders(files: readonly ProjectFile[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].flatMap(([folder, count]) => {
    const most = CROWDED.get(folder) ?? MAX_FILES;
    return count > most ? [`${folder} has ${count} files, more than ${most}: there are rooms hidden in it`] : [];
  });
}

function importViolations(path: string, use: ImportUse): string[] {
  const at = `${path}:${use.line}`;
  if (use.specifier === undefined && isBelow(path, LOADS_ANYTHING)) return [];
  if (use.specifier === undefined) return [`${at} loads a module whose name it computes`];
  const ours = target(path, use);
  if (ours !== undefined) {
    const layer = LAYERS.find((entry) => path.startsWith(entry.layer));
    if (!layer) return [`${at} lies in no layer`];
    const allowed = isBelow(ours, layer.may) || (use.typeOnly && isBelow(ours, layer.types ?? []));
    return allowed ? [] : [`${at} imports ${ours}, which ${layer.layer} must not know`];
  }
  if (use.typeOnly) return [];
  const gate = gateOf(use.specifier);
  if (!gate) {
    return use.specifier.startsWith("node:") ? [] : [`${at} loads ${use.specifier}, which is no dependency of ours`];
  }
  if (isHarmless(use, gate.harmless) || isBelow(path, gate.places)) return [];
  return [`${at} loads ${use.specifier}; only ${gate.places.join(" and ") || "nobody"} may`];
}

function wrappedTwice(facts: readonly { readonly path: string; readonly imports: readonly ImportUse[] }[]): string[] {
  return Object.entries(GATES)
    .filter(([, gate]) => gate.once)
    .flatMap(([name, gate]) =>
      gate.places.flatMap((place) => {
        const loaders = facts
          .filter(({ path }) => path.startsWith(place))
          .filter(({ imports }) => imports.some((use) => !use.typeOnly && packageOf(use.specifier) === name))
          .map(({ path }) => path);
        return loaders.length > 1 ? [`${name} is loaded by more than one file of ${place}: ${loaders.join(", ")}`] : [];
      }),
    );
}

function gateOf(specifier: string) {
  return GATES[packageOf(specifier) ?? ""];
}

/** `undici/lib/x` is undici, `node:dns/promises` is node:dns. */
function packageOf(specifier: string | undefined): string | undefined {
  return specifier
    ?.split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function isHarmless(use: ImportUse, harmless: readonly string[] = []): boolean {
  return use.names?.every((name) => harmless.includes(name)) ?? false;
}

function isBelow(path: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => path.startsWith(prefix));
}

/** Path of the imported file; undefined for packages and builtins. */
function target(path: string, { specifier }: ImportUse): string | undefined {
  return specifier?.startsWith(".") ? posix.join(dirname(path), specifier) : undefined;
}

type Graph = ReadonlyMap<string, readonly (ImportUse & { readonly target: string | undefined })[]>;
type Edges = ReadonlyMap<string, ReadonlySet<string>>;

function edges(graph: Graph, counts: (use: ImportUse) => boolean): Edges {
  return new Map(
    [...graph].map(([path, uses]) => [
      path,
      new Set(uses.flatMap((use) => (use.target !== undefined && counts(use) ? [use.target] : []))),
    ]),
  );
}

/** Circular imports, including those of types, except the accepted ones. Files that load each other at run time are reported as such. */
function knownByType(graph: Graph): Edges {
  const all = edges(graph, (use) => !use.lazy);
  const loaded = edges(graph, (use) => !use.typeOnly && !use.lazy);
  if (cycles(loaded).length > 0) return new Map();
  const stands = (from: string, to: string) => TYPE_CIRCLES.some((circle) => circle[0] === from && circle[1] === to);
  return new Map([...all].map(([from, known]) => [from, new Set([...known].filter((to) => !stands(from, to)))]));
}

/**
 * Circular imports between the folders of a layer, without types. Files directly in a layer, its shared contracts and its index, do not
 * count.
 */
function folderEdges(graph: Graph): Edges {
  const folders = new Map<string, Set<string>>();
  for (const [path, uses] of graph) {
    const from = folderOf(path);
    for (const { target: to = "", typeOnly } of uses) {
      const known = typeOnly ? undefined : folderOf(to);
      if (from && known && from !== known) folders.set(from, (folders.get(from) ?? new Set()).add(known));
    }
  }
  return folders;
}

function folderOf(path: string): string | undefined {
  return /^src\/[^/]+\/[^/]+(?=\/)/.exec(path)?.[0];
}

function cycles(graph: Edges): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node);
    if (start !== -1) {
      found.push([...trail.slice(start), node].join(" -> "));
      return;
    }
    if (done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...trail, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}
