/** A calculation found in a prompt. */
export interface Calculation {
  /** As written, with words for operators replaced by signs. */
  readonly expression: string;
  /** `NaN` or infinite if it has no value, such as `1/0`. */
  readonly value: number;
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\s+(?:times|multiplied by)\s+/gi, " * "],
  [/\s+plus\s+/gi, " + "],
  [/\s+minus\s+/gi, " - "],
  [/\s+(?:divided by|over)\s+/gi, " / "],
];
const EXPRESSION = /[(\s]*-?\d+(?:\.\d+)?[)\s]*(?:[-+*/x×÷^%][(\s]*-?\d+(?:\.\d+)?[)\s]*)+/;
const DATE = /^\d{4}-\d\d?(?:-\d\d?)?$/;
const LONGEST_EXPRESSION = 200; // the parser recurses

export function findCalculation(prompt: string): Calculation | undefined {
  const signs = WORDS.reduce((text, [word, sign]) => text.replace(word, sign), prompt);
  const expression = EXPRESSION.exec(signs)?.[0].trim();
  if (!expression || DATE.test(expression) || expression.length > LONGEST_EXPRESSION) return undefined;
  const value = evaluate(expression);
  return value === undefined ? undefined : { expression, value };
}

/** Exact integers stay exact; other numbers have 12 digits. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(12)));
}

function evaluate(expression: string): number | undefined {
  const tokens = expression.match(/\d+(?:\.\d+)?|[-+*/x×÷^%()]/g) ?? [];
  let next = 0;
  const accept = (...signs: readonly string[]): string | undefined => {
    const token = tokens[next];
    if (token === undefined || !signs.includes(token)) return undefined;
    next += 1;
    return token;
  };
  const sum = (): number => {
    let value = product();
    for (;;) {
      if (accept("+")) value += product();
      else if (accept("-")) value -= product();
      else return value;
    }
  };
  const product = (): number => {
    let value = power();
    for (;;) {
      if (accept("*", "x", "×")) value *= power();
      else if (accept("/", "÷")) value /= power();
      else if (accept("%")) value %= power();
      else return value;
    }
  };
  const power = (): number => {
    if (accept("-")) return -power();
    const base = atom();
    return accept("^") ? base ** power() : base;
  };
  const atom = (): number => {
    if (accept("(")) {
      const value = sum();
      return accept(")") ? value : Number.NaN;
    }
    const token = tokens[next++];
    return token === undefined ? Number.NaN : Number(token);
  };
  const value = sum();
  return next === tokens.length ? value : undefined;
}
