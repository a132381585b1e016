// `npm run docs`: makes a static site in site/ from the guide, the other pages and the reference, with search.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Application, Comment, CommentTag, Converter, ReflectionKind } from "typedoc";
import { ENTRIES } from "./entries.mjs";
import { root, runScript } from "./ready.mjs";

/** A copy of the pages, each with its heading as its title, so that the originals stay plain Markdown. */
const pages = join(root, ".cache", "site");
const out = join(root, "site");

/** The order of the pages after the guide. */
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
 * The categories of the reference in their order. An export is in the first one that matches the file that declares it.
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
  const app = await Application.bootstrapWithPlugins({
    entryPoints: [...ENTRIES.values()].map((path) => join(root, path)),
    tsconfig: join(root, "tsconfig.json"),
    name: "codex-wire",
    readme: join(pages, "README.md"),
    projectDocuments: [...guide, ...others.map((name) => join(pages, "docs", `${name}.md`))],
    out,
    basePath: root,
    skipErrorChecking: true, // `npm run types` checks them
    includeVersion: true,
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    searchInComments: true,
    searchInDocuments: true,
    // The documentation of a class that is not exported is in what refers to it.
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    intentionallyNotExported: [],
    customCss: join(root, "scripts", "docs", "site.css"),
    navigation: { includeCategories: true, includeGroups: false, compactFolders: true, excludeReferences: true },
    kindSortOrder: ["Document", "Module", "Class", "Function", "Interface", "TypeAlias", "Variable"],
    sort: ["kind", "documents-last"],
    categorizeByGroup: false,
    categoryOrder: [...CATEGORIES.map(([name]) => name), "*"],
    defaultCategory: "Other",
    jsDocCompatibility: { defaultTag: false }, // a default may be a text
    highlightLanguages: ["typescript", "javascript", "json", "sh", "shell", "yaml", "toml", "nginx", "text"],
    logLevel: "Warn",
  });
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, categorize);
  const project = await app.convert();
  if (!project) throw new Error("the reference cannot be made; see above");
  for (const module of project.children ?? []) {
    const entry = [...ENTRIES].find(([, path]) => dirname(path) === module.name);
    if (entry) module.name = `codex-wire${entry[0].slice(1)}`; // as programs import it
    for (const list of [module.children, module.childrenIncludingDocuments]) list?.sort(byKindAndName);
    for (const group of [...(module.groups ?? []), ...(module.categories ?? [])]) group.children.sort(byKindAndName);
  }
  await app.generateDocs(project, out);
  if (app.logger.hasErrors()) throw new Error("the site has errors; see above");
  process.stdout.write(`${join("site", "index.html")}\n`);
});

/**
 * Assigns an export to a category by the file that declares it, so that the sources need no tags.
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

/**
 * Classes and functions before types, each in alphabetical order; typedoc's own sorting would also sort the pages of the guide.
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

/** The pages that a page links to, in the order of the links. @returns {string[]} */
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
    // The words after a fence's language are for the tests.
    const plain = text.replace(/^```(\w+) .*$/gm, "```$1");
    writeFileSync(to, isPage ? `---\ntitle: ${JSON.stringify(title)}\n---\n\n${plain}` : plain);
  }
}
