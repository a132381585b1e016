import { isBuiltin } from "node:module";
import ts from "typescript";

/** One use of another module, however it is loaded. */
export interface ImportUse {
  /** As written, with `node:` before all builtins; undefined if it is computed. */
  readonly specifier: string | undefined;
  /** Names that are imported at run time; undefined if it could be any. */
  readonly names: readonly string[] | undefined;
  /** Erased by the compiler: nothing is loaded. */
  readonly typeOnly: boolean;
  /** Loaded by a call, not with the file. */
  readonly lazy: boolean;
  readonly line: number;
}

/** A use of a global of the platform that the file does not declare itself. */
export interface GlobalUse {
  readonly name: string;
  readonly line: number;
}

/** A table that is an object literal indexed by any string: it also finds inherited names such as `constructor`. */
export interface ObjectTable {
  readonly name: string;
  readonly line: number;
}

export interface SourceFacts {
  readonly imports: readonly ImportUse[];
  readonly globals: readonly GlobalUse[];
  readonly objectTables: readonly ObjectTable[];
}

/** Reads a module with the compiler's parser, so that comments, strings and templates are not mistaken for code. */
export function readSource(path: string, text: string): SourceFacts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS);
  const declared = declaredNames(file);
  const loaders = new Set(["require", ...requireFunctions(file)]);
  const imports: ImportUse[] = [];
  const globals: GlobalUse[] = [];
  const lineOf = (node: ts.Node) => file.getLineAndCharacterOfPosition(node.getStart()).line + 1;

  const visit = (node: ts.Node): void => {
    const found = staticImport(node) ?? lazyImport(node, loaders);
    if (found) imports.push({ ...found, line: lineOf(node) });
    if (ts.isIdentifier(node) && readsGlobal(node, declared)) globals.push({ name: node.text, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return {
    imports,
    globals,
    objectTables: objectTables(file).map((node) => ({ name: node.name.getText(), line: lineOf(node) })),
  };
}

/** Object literals in constants whose type accepts any string as a key. */
function objectTables(file: ts.SourceFile): ts.VariableDeclaration[] {
  return file.statements
    .filter((statement) => ts.isVariableStatement(statement))
    .flatMap((statement) => statement.declarationList.declarations)
    .filter(
      ({ type, initializer }) =>
        initializer &&
        ts.isObjectLiteralExpression(initializer) &&
        /\bRecord<string\b|\[\w+: string\]/.test(type?.getText() ?? ""),
    );
}

type Found = Omit<ImportUse, "line">;

function staticImport(node: ts.Node): Found | undefined {
  if (ts.isImportDeclaration(node)) {
    return { specifier: literal(node.moduleSpecifier), ...importClause(node.importClause), lazy: false };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    const names = node.exportClause && ts.isNamedExports(node.exportClause) ? valueNames(node.exportClause) : undefined;
    return { specifier: literal(node.moduleSpecifier), names, typeOnly: node.isTypeOnly, lazy: false };
  }
  if (ts.isImportTypeNode(node)) {
    const specifier = ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined;
    return { specifier, names: [], typeOnly: true, lazy: false };
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    const specifier = literal(node.moduleReference.expression);
    return { specifier, names: undefined, typeOnly: node.isTypeOnly, lazy: false };
  }
  return undefined;
}

function importClause(clause: ts.ImportClause | undefined): Pick<Found, "names" | "typeOnly"> {
  if (!clause) return { names: [], typeOnly: false }; // for its effects
  const typeOnly = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  const bindings = clause.namedBindings;
  // `import { type A }` still loads the module under verbatimModuleSyntax; only `import type` does not.
  if (clause.name || !bindings || !ts.isNamedImports(bindings)) return { names: undefined, typeOnly };
  return { names: valueNames(bindings), typeOnly };
}

function valueNames(list: ts.NamedImports | ts.NamedExports): string[] {
  return list.elements
    .filter((element) => !element.isTypeOnly)
    .map((element) => (element.propertyName ?? element.name).text);
}

function lazyImport(node: ts.Node, loaders: ReadonlySet<string>): Found | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const called = node.expression;
  const loads =
    called.kind === ts.SyntaxKind.ImportKeyword ||
    calledName(called) === "getBuiltinModule" ||
    (ts.isIdentifier(called) && loaders.has(called.text)) ||
    (ts.isCallExpression(called) && calledName(called.expression) === "createRequire");
  if (!loads) return undefined;
  return { specifier: literal(node.arguments[0]), names: undefined, typeOnly: false, lazy: true };
}

/** Names bound to what `createRequire` returns. */
function requireFunctions(file: ts.SourceFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isCallExpression(node.initializer)) {
      if (calledName(node.initializer.expression) === "createRequire") names.push(node.name.getText());
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function calledName(expression: ts.Expression): string | undefined {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : undefined;
}

function literal(node: ts.Node | undefined): string | undefined {
  if (!node || !ts.isStringLiteralLike(node)) return undefined;
  return isBuiltin(node.text) && !node.text.startsWith("node:") ? `node:${node.text}` : node.text;
}

/** Every name that the file binds, without regard to scopes: exact enough for names such as `fetch` and `console`. */
function declaredNames(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node) ||
      ts.isNamespaceImport(node);
    if (declares && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function readsGlobal(node: ts.Identifier, declared: ReadonlySet<string>): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) {
    return ts.isIdentifier(parent.expression) && /^(globalThis|global)$/.test(parent.expression.text);
  }
  const isValue =
    (ts.isCallExpression(parent) && parent.expression === node) ||
    (ts.isNewExpression(parent) && parent.expression === node) ||
    (ts.isPropertyAccessExpression(parent) && parent.expression === node);
  return isValue && !declared.has(node.text);
}
