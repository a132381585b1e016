import { type Fields, fieldsIn, isFields } from "../fields.ts";

/**
 * Checks the rules of a strict schema: objects are closed and every property is required.
 *
 * @returns The first error in the service's wording, or undefined.
 */
export function strictFault(schema: Fields, path: readonly string[] = []): string | undefined {
  const context = `In context=(${path.map((name) => `'${name}'`).join(", ")}${path.length === 1 ? "," : ""})`;
  const properties = fieldsIn(schema, "properties");
  if (schema.type === "object" || properties) {
    if (schema.additionalProperties !== false) {
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
    }
    const required = Array.isArray(schema.required) ? schema.required : [];
    const names = Object.keys(properties ?? {});
    const absent = names.find((name) => !required.includes(name));
    if (absent !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${absent}'.`;
    }
    const extra = required.find((name) => !names.includes(name));
    if (extra !== undefined) {
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Extra required key '${String(extra)}' supplied.`;
    }
  }
  for (const [child, name] of childrenOf(schema)) {
    const fault = strictFault(child, [...path, ...name]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function childrenOf(schema: Fields): readonly (readonly [child: Fields, path: readonly string[]])[] {
  const named = ["properties", "$defs", "definitions"].flatMap((key) =>
    Object.entries(fieldsIn(schema, key) ?? {}).map(([name, child]) => [child, [key, name]] as const),
  );
  const listed = ["anyOf", "allOf", "oneOf"].flatMap((key) => {
    const list = schema[key];
    return Array.isArray(list) ? list.map((child: unknown, index) => [child, [key, String(index)]] as const) : [];
  });
  const all = [...named, ...listed, [schema.items, ["items"]] as const];
  return all.flatMap(([child, path]) => (isFields(child) ? [[child, path] as const] : []));
}
