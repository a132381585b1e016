import ts from "typescript";

/** Kinds with the names of their fields, as the tables of the sources declare them: `name: kind<Fields>({ … })`. */
export function declaredKinds(sources: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const interfaces = new Map<string, ts.InterfaceDeclaration>();
  const rows: [kind: string, fields: string | undefined][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
    if (ts.isPropertyAssignment(node) && ts.isCallExpression(node.initializer)) {
      const { expression, typeArguments } = node.initializer;
      if (expression.getText() === "kind") rows.push([node.name.getText(), typeArguments?.[0]?.getText()]);
    }
    node.forEachChild(visit);
  };
  for (const text of sources) visit(ts.createSourceFile("source.ts", text, ts.ScriptTarget.ES2023, true));
  return new Map(rows.map(([kind, fields]) => [kind, fieldsOf(fields, interfaces)]));
}

function fieldsOf(name: string | undefined, interfaces: ReadonlyMap<string, ts.InterfaceDeclaration>): string[] {
  const declared = interfaces.get(name ?? "");
  if (!declared) return [];
  const inherited = (declared.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap(({ expression }) => fieldsOf(expression.getText(), interfaces)),
  );
  return [...inherited, ...declared.members.flatMap((member) => member.name?.getText() ?? [])];
}
