// `npm run docs`: the guide, the other pages and the reference as one static site in site/, with search.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Application, Comment, CommentTag, Converter, ReflectionKind } from "typedoc";
import { root, runScript } from "./ready.mjs";

/** The pages are read from a copy, in which each has its heading as its title, so that the originals stay plain Markdown. */
const pages = join(root, ".cache", "site");
const out = join(root, "site");

/** After the guide, in this order. */
const REST = [
  "lanes",
  "cli",
  "gateway",
  "errors",
  "emulator",
  "doors",
  "reliability",
  "performance",
  "architecture",
  "parity",
  "decisions",
];

/**
 * How the exports of an entry are divided, by the folder or file that declares them; the first that fits. In the order of the site.
 *
 * @type {readonly (readonly [name: string, files: RegExp])[]}
 */
const CATEGORIES = [
  ["Start here", /src\/(api\/codex-api|client\/version)\.ts/],
  ["Responses", /src\/api\/(responses\/(?!events\/|websocket\/)|token-usage)/],
  ["Events of a response", /src\/api\/responses\/events\//],
  ["Sessions and WebSockets", /src\/api\/(session|responses\/websocket)\//],
  ["Messages, tools and formats", /src\/api\/compose\//],
  ["Providers and credentials", /src\/api\/(auth|codex-auth|providers?|identity|user-agent|rate-limits)\.ts/],
  ["Errors", /src\/(api\/refusal|client\/failure)\//],
  ["Voice", /src\/api\/(realtime\/|endpoints\/calls)/],
  ["Models, files, images, search, memories, compaction", /src\/api\/endpoints\//],
  ["Webhooks", /src\/api\/webhooks\//],
  ["Requests, items and tools in wire names", /src\/api\/wire\//],
  ["Policy for other libraries", /src\/client\/(interop|policy)/],
  ["Certificates", /src\/client\/trust\//],
  ["Proxies and routes", /src\/client\/route\//],
  ["Transport", /src\/client\/(http|transport|sse|websocket|compression|header|files)/],
  ["Retries, time and telemetry", /src\/(client\/(retry|waiting|observe|options|environment)|api\/service)/],
];

await runScript(async () => {
  copyPages();
  const guide = linkedFrom("docs/guide/README.md").map((name) => join(pages, "docs/guide", name));
  const known = readdirSync(join(pages, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -3));
  const others = [...REST.filter((name) => known.includes(name)), ...known.filter((name) => !REST.includes(name))];
  const entries = entriesOfPackage();
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [...entries.values()].map((path) => join(root, path)),
    tsconfig: join(root, "tsconfig.json"),
    name: "codex-wire",
    readme: join(pages, "README.md"),
    projectDocuments: [...guide, ...others.map((name) => join(pages, "docs", `${name}.md`))],
    out,
    basePath: root,
    skipErrorChecking: true, // the types are another step's, which wants a dist for the examples
    includeVersion: true,
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    searchInComments: true,
    searchInDocuments: true,
    // Classes that no entry exports are told by what names them.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    intentionallyNotExported: [],
    customCss: join(root, "scripts", "docs", "site.css"),
    navigation: { includeCategories: true, includeGroups: false, compactFolders: true, excludeReferences: true },
    kindSortOrder: ["Document", "Module", "Class", "Function", "Interface", "TypeAlias", "Variable"],
    sort: ["kind", "documents-last"],
    categorizeByGroup: false,
    categoryOrder: [...CATEGORIES.map(([name]) => name), "*"],
    defaultCategory: "Other",
    jsDocCompatibility: { defaultTag: false }, // a default may be words
    highlightLanguages: ["typescript", "javascript", "json", "sh", "shell", "yaml", "toml", "nginx", "text"],
    logLevel: "Warn",
  });
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, categorize);
  const project = await app.convert();
  if (!project) throw new Error("the reference cannot be made; see above");
  for (const module of project.children ?? []) {
    const entry = [...entries].find(([, path]) => dirname(path) === module.name);
    if (entry) module.name = entry[0]; // as programs import it
    for (const list of [module.children, module.childrenIncludingDocuments]) list?.sort(byKindAndName);
    for (const group of [...(module.groups ?? []), ...(module.categories ?? [])]) group.children.sort(byKindAndName);
  }
  await app.generateDocs(project, out);
  if (app.logger.hasErrors()) throw new Error("the site has errors; see above");
  process.stdout.write(`${join("site", "index.html")}\n`);
});

/**
 * Puts an export under a heading, by the file that declares it: nobody has to keep tags in step.
 *
 * @param {import("typedoc").Context} context
 * @param {import("typedoc").DeclarationReflection} reflection
 */
function categorize(context, reflection) {
  if (!reflection.parent?.kindOf(ReflectionKind.Module)) return;
  const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName ?? "";
  const name = CATEGORIES.find(([, pattern]) => pattern.test(file))?.[0];
  if (name === undefined) return;
  reflection.comment ??= new Comment();
  reflection.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: name }]));
}

/** What programs import, to the source that lists it: as the build has them, without the command. @returns {Map<string, string>} */
function entriesOfPackage() {
  const built = readFileSync(join(root, "tsdown.config.ts"), "utf8").matchAll(
    /"?([\w-]+)"?: "(src\/[\w/-]*index\.ts)"/g,
  );
  return new Map(
    Array.from(built, ([, name = "", path = ""]) => [name === "index" ? "codex-wire" : `codex-wire/${name}`, path]),
  );
}

/**
 * Classes and functions before types, each by the alphabet; typedoc's own sorting would sort the guide's pages as well.
 *
 * @param {import("typedoc").DeclarationReflection | import("typedoc").DocumentReflection | import("typedoc").ReferenceReflection} one
 * @param {import("typedoc").DeclarationReflection | import("typedoc").DocumentReflection | import("typedoc").ReferenceReflection} other
 */
function byKindAndName(one, other) {
  const order = [ReflectionKind.Class, ReflectionKind.Function, ReflectionKind.Interface, ReflectionKind.TypeAlias];
  const rank = (/** @type {{ readonly kind: number }} */ { kind }) =>
    order.includes(kind) ? order.indexOf(kind) : order.length;
  return rank(one) - rank(other) || one.name.localeCompare(other.name);
}

/** The pages that another one links to, in its order. @returns {string[]} */
function linkedFrom(/** @type {string} */ page) {
  const links = readFileSync(join(root, page), "utf8").matchAll(/\]\(([\w-]+\.md)\)/g);
  return [...new Set(Array.from(links, ([, to = ""]) => to))];
}

function copyPages() {
  rmSync(pages, { recursive: true, force: true });
  const markdown = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" }).map((name) =>
    join("docs", name),
  );
  const wanted = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE",
    join("examples", "README.md"),
    ...markdown,
  ];
  for (const path of wanted) {
    const to = join(pages, path);
    mkdirSync(dirname(to), { recursive: true });
    if (!path.endsWith(".md")) {
      if (/\.\w+$|LICENSE$/.test(path)) cpSync(join(root, path), to);
      continue;
    }
    const text = readFileSync(join(root, path), "utf8");
    const title = /^# (.*)$/m.exec(text)?.[1]?.replaceAll("`", "") ?? path;
    const isPage = path.startsWith("docs");
    // What a fence says to the tests is nothing to a reader; it names the language and no more.
    const plain = text.replace(/^```(\w+) .*$/gm, "```$1");
    writeFileSync(to, isPage ? `---\ntitle: ${JSON.stringify(title)}\n---\n\n${plain}` : plain);
  }
}
