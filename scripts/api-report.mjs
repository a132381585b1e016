// `npm run api-report`: writes the names and types that users can import to api-report/, so that a diff shows what a change does to the public surface.
// `--check` compares instead.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { ENTRIES } from "./entries.mjs";
import { root, runScript } from "./ready.mjs";

await runScript(async () => {
  const declarations = emitDeclarations();
  const stale = [];
  for (const [entry, source] of ENTRIES) {
    const report = reportOf(entry, resolve(root, source), declarations);
    const path = join(root, "api-report", `${`codex-wire${entry.slice(1)}`.replace("/", "-")}.txt`);
    if (process.argv.includes("--check")) stale.push(...differences(path, report));
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, report);
    }
  }
  if (stale.length > 0)
    throw new Error(
      `the public surface has changed; if that is intended, npm run api-report records it:\n${stale.join("\n")}`,
    );
});

/** @typedef {{ readonly file: ts.SourceFile, readonly statements: ReadonlyMap<string, ts.Statement[]>, readonly names: ReadonlyMap<string, Target> }} Declarations */
/** @typedef {{ readonly path: string, readonly name: string, readonly isType?: boolean }} Target */

/** The declaration files that the compiler makes, without comments, by the path of their source. Nothing is written. */
function emitDeclarations() {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const emitting = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, removeComments: true };
  const program = ts.createProgram(
    [...ENTRIES.values()].map((path) => join(root, path)),
    emitting,
  );
  /** @type {Map<string, Declarations>} */
  const emitted = new Map();
  program.emit(undefined, (_path, text, _mark, _onError, sources) => {
    const [source] = sources ?? [];
    if (source) emitted.set(resolve(source.fileName), index(resolve(source.fileName), text));
  });
  return emitted;
}

/** @returns {Declarations} */
function index(/** @type {string} */ path, /** @type {string} */ text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS);
  /** @type {Map<string, ts.Statement[]>} */
  const statements = new Map();
  /** @type {Map<string, Target>} */
  const names = new Map();
  for (const statement of file.statements) {
    for (const name of declaredNames(statement)) statements.set(name, [...(statements.get(name) ?? []), statement]);
    const specifier = "moduleSpecifier" in statement ? statement.moduleSpecifier : undefined;
    if (!specifier || !ts.isStringLiteral(/** @type {ts.Node} */ (specifier))) continue;
    const target = resolve(dirname(path), /** @type {ts.StringLiteral} */ (specifier).text);
    for (const [own, theirs, isType] of boundNames(statement)) names.set(own, { path: target, name: theirs, isType });
  }
  return { file, statements, names };
}

/** @returns {string[]} */
function declaredNames(/** @type {ts.Statement} */ statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const name = "name" in statement ? /** @type {ts.Node | undefined} */ (statement.name) : undefined;
  return name && ts.isIdentifier(name) ? [name.text] : [];
}

/** The names that an import or a re-export binds: here, in the other file, and whether only the type. @returns {[string, string, boolean][]} */
function boundNames(/** @type {ts.Statement} */ statement) {
  const list = ts.isImportDeclaration(statement)
    ? statement.importClause?.namedBindings
    : ts.isExportDeclaration(statement)
      ? statement.exportClause
      : undefined;
  if (!list || !(ts.isNamedImports(list) || ts.isNamedExports(list))) return [];
  const isType = ts.isExportDeclaration(statement) && statement.isTypeOnly;
  return list.elements.map(({ name, propertyName, isTypeOnly }) => [
    name.text,
    (propertyName ?? name).text,
    isType || isTypeOnly,
  ]);
}

/**
 * @param {string} entry
 * @param {string} source
 * @param {ReadonlyMap<string, Declarations>} declarations
 */
function reportOf(entry, source, declarations) {
  const listed = declarations.get(source);
  if (!listed) throw new Error(`no declarations of ${source}`);
  /** @type {Map<string, { readonly shown: string, readonly text: string }>} */
  const written = new Map();
  const waiting = [...listed.names.values()].map((target) => origin(target, declarations));
  const exported = new Set(waiting.map(keyOf));
  for (let target = waiting.pop(); target; target = waiting.pop()) {
    const found = declarations.get(target.path)?.statements.get(target.name);
    if (!found || written.has(keyOf(target))) continue;
    const text = found.map((statement) => statement.getText().replace(/^export (declare )?/, "")).join("\n");
    written.set(keyOf(target), { shown: target.name, text });
    for (const statement of found) waiting.push(...mentioned(statement, target.path, declarations));
  }
  const section = (/** @type {boolean} */ own) =>
    [...written]
      .filter(([key]) => exported.has(key) === own)
      .map(([, { text }]) => text)
      .sort()
      .join("\n\n");
  const names = [...listed.names].map(([name, { isType }]) => (isType ? `type ${name}` : name)).sort();
  const title = `codex-wire${entry.slice(1)}`;
  return `# ${title}: what users can import\n\n${names.join("\n")}\n\n# Their shapes\n\n${section(true)}\n\n# What those name\n\n${section(false)}\n`;
}

/** Where a name that was re-exported is declared. @returns {Target} */
function origin(/** @type {Target} */ target, /** @type {ReadonlyMap<string, Declarations>} */ declarations) {
  const file = declarations.get(target.path);
  if (!file || file.statements.has(target.name)) return target;
  const next = file.names.get(target.name);
  return next ? origin(next, declarations) : target;
}

function keyOf(/** @type {Target} */ { path, name }) {
  return `${relative(root, path)}:${name}`;
}

/** The declarations of this package that a statement mentions. @returns {Target[]} */
function mentioned(
  /** @type {ts.Node} */ statement,
  /** @type {string} */ path,
  /** @type {ReadonlyMap<string, Declarations>} */ declarations,
) {
  /** @type {Target[]} */
  const targets = [];
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      const name = node.qualifier?.getText();
      const target = resolve(dirname(path), node.argument.literal.text);
      if (name !== undefined) targets.push(origin({ path: target, name }, declarations));
    }
    if (ts.isIdentifier(node)) targets.push(origin({ path, name: node.text }, declarations));
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(statement, visit);
  return targets;
}

/** @returns {string[]} */
function differences(/** @type {string} */ path, /** @type {string} */ report) {
  const before = readFileSync(path, "utf8").split("\n");
  const after = report.split("\n");
  const [gone, come] = [new Set(after), new Set(before)];
  const lines = [
    ...before.filter((line) => !gone.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !come.has(line)).map((line) => `+ ${line}`),
  ];
  const shown = lines.slice(0, 40);
  if (before.join("\n") === report) return [];
  return [`${relative(root, path)}:`, ...(shown.length > 0 ? shown : ["the order of its lines"])];
}
