import { type Fields, fieldsIn, isFields } from "../fields.ts";
import { checkMembers, invalidType, invalidValue, missing, refused } from "./faults.ts";
import { strictFault } from "./strict-schema.ts";

const MEMBERS = new Set(["format", "verbosity"]);
const VERBOSITIES = ["low", "medium", "high"];
const FORMATS = ["json_object", "text", "json_schema"];

/** Checks `text`: structured output and verbosity. @throws {@link ServiceError} 400 */
export function checkText(text: unknown, param: string): void {
  if (!isFields(text)) throw invalidType(param, "an object", text);
  checkMembers(text, MEMBERS, param);
  const { format, verbosity } = text;
  if (verbosity !== undefined && verbosity !== null) {
    if (typeof verbosity !== "string" || !VERBOSITIES.includes(verbosity))
      throw invalidValue(`${param}.verbosity`, verbosity, VERBOSITIES);
  }
  if (format === undefined || format === null) return;
  if (!isFields(format)) throw invalidType(`${param}.format`, "an object", format);
  checkFormat(format, `${param}.format`);
}

function checkFormat(format: Fields, param: string): void {
  const { type } = format;
  if (typeof type !== "string" || !FORMATS.includes(type)) throw invalidValue(`${param}.type`, type, FORMATS);
  if (type !== "json_schema") return;
  for (const name of ["name", "schema"]) if (format[name] === undefined) throw missing(`${param}.${name}`);
  const schema = fieldsIn(format, "schema");
  if (!schema) throw invalidType(`${param}.schema`, "an object", format.schema);
  const fault = format.strict === true ? strictFault(schema) : undefined;
  if (fault === undefined) return;
  throw refused(
    `Invalid schema for response_format '${String(format.name)}': ${fault}`,
    `${param}.schema`,
    "invalid_json_schema",
  );
}
