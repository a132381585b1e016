// Finds what can be changed in a source, one place at a time.
import ts from "typescript";

/** @typedef {{ line: number, from: string, to: string, start: number, end: number }} Mutation */

/** @type {ReadonlyMap<ts.SyntaxKind, string>} */
const OPERATORS = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
]);

/** Answers of a table of decisions: each is replaced by the next. */
const ANSWERS = ["again", "elsewhere", "never"];

/** @returns {Mutation[]} */
export function mutationsOf(/** @type {string} */ path, /** @type {string} */ text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  /** @type {Mutation[]} */
  const found = [];
  const add = (/** @type {ts.Node} */ node, /** @type {string} */ to) => {
    const start = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(start);
    found.push({ line: line + 1, from: node.getText(source), to, start, end: node.getEnd() });
  };
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isImportDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const operator = OPERATORS.get(node.operatorToken.kind);
      if (operator) add(node.operatorToken, operator);
    }
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true");
    if (ts.isNumericLiteral(node)) add(node, String(Number(node.text) + 1));
    if (ts.isIfStatement(node)) add(node.expression, `!(${node.expression.getText(source)})`);
    if (ts.isConditionalExpression(node)) add(node.condition, `!(${node.condition.getText(source)})`);
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      add(node, node.operand.getText(source));
    if (ts.isStringLiteral(node) && !ts.isTemplateSpan(node.parent)) {
      const other = ANSWERS.includes(node.text)
        ? ANSWERS[(ANSWERS.indexOf(node.text) + 1) % ANSWERS.length]
        : `${node.text}~`;
      add(node, JSON.stringify(other));
    }
    if (ts.isArrayLiteralExpression(node) && node.elements.length > 1)
      for (const element of node.elements) add(element, "...[]");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
