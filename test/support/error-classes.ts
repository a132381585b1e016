import ts from "typescript";

export interface ErrorClass {
  readonly className: string;
  readonly kind: string;
  /** Own and inherited public fields, without `kind` and what every `Error` has. */
  readonly fields: readonly string[];
  /** Whether it overrides `retryable`, which is false otherwise. */
  readonly mayBeRetryable: boolean;
}

interface Declared {
  readonly base: string | undefined;
  readonly kind: string | undefined;
  readonly fields: readonly string[];
  readonly overridesRetryable: boolean;
}

/** The error classes that the sources declare: every class with a literal `kind`. */
export function errorClasses(sources: readonly string[]): ErrorClass[] {
  const classes = new Map<string, Declared>();
  for (const text of sources) {
    const file = ts.createSourceFile("source.ts", text, ts.ScriptTarget.ES2023, true);
    file.forEachChild((node) => {
      if (ts.isClassDeclaration(node) && node.name) classes.set(node.name.text, declaration(node));
    });
  }
  return [...classes].flatMap(([className, { kind }]) => {
    if (kind === undefined || !className.endsWith("Error")) return [];
    const line = lineage(className, classes);
    return [
      {
        className,
        kind,
        fields: line.flatMap(({ fields }) => fields),
        mayBeRetryable: line.some(({ overridesRetryable }) => overridesRetryable),
      },
    ];
  });
}

function lineage(className: string, classes: ReadonlyMap<string, Declared>): Declared[] {
  const found: Declared[] = [];
  for (let current = classes.get(className); current; current = classes.get(current.base ?? "")) found.push(current);
  return found.filter(({ base }) => base !== "Error"); // the root's own getter says false
}

function declaration(node: ts.ClassDeclaration): Declared {
  const heritage = node.heritageClauses?.find((clause) => clause.token === ts.SyntaxKind.ExtendsKeyword);
  const properties = node.members.filter(ts.isPropertyDeclaration).filter(({ name }) => ts.isIdentifier(name));
  const kind = properties.find(({ name }) => name.getText() === "kind")?.initializer;
  return {
    base: heritage?.types[0]?.expression.getText(),
    kind: kind && ts.isStringLiteral(kind) ? kind.text : undefined,
    fields: properties.map(({ name }) => name.getText()).filter((name) => name !== "kind"),
    overridesRetryable: node.members.some(
      (member) => ts.isGetAccessor(member) && member.name.getText() === "retryable",
    ),
  };
}
