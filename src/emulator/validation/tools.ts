import { type Fields, isFields, listIn, stringIn } from "../fields.ts";
import { toolNames } from "../model/tools.ts";
import { either, invalidType, invalidValue, missing, refused, tooLong } from "./faults.ts";
import { checkImageSettings } from "./image-requests.ts";
import { strictFault } from "./strict-schema.ts";

const TOOL_TYPES = [
  ...["code_interpreter", "programmatic_tool_calling", "function", "namespace", "tool_search", "file_search"],
  ...["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"],
  ...["image_generation", "mcp", "custom", "computer", "computer_use_preview", "shell", "local_shell", "apply_patch"],
];
const TOOL_CHOICES = ["none", "auto", "required"];
const NAME = /^[a-zA-Z0-9_-]+$/;
const LONGEST_NAME = 128;

/** Checks `tools` of a request or of an item. @throws {@link ServiceError} 400 */
export function checkTools(tools: unknown, param: string): void {
  if (tools === undefined || tools === null) return;
  if (!Array.isArray(tools)) throw invalidType(param, "an array of tools", tools);
  for (const [index, tool] of tools.entries()) checkTool(tool, `${param}[${index}]`);
}

function checkTool(tool: unknown, param: string): void {
  if (!isFields(tool)) throw invalidType(param, "an object", tool);
  const { type } = tool;
  if (type === undefined) throw missing(`${param}.type`);
  if (typeof type !== "string" || !TOOL_TYPES.includes(type)) throw invalidValue(`${param}.type`, type, TOOL_TYPES);
  if (type === "function" || type === "custom") checkName(tool, param);
  if (type === "function") checkFunction(tool, param);
  if (type === "namespace") {
    checkName(tool, param);
    checkTools(tool.tools, `${param}.tools`);
  }
  if (type === "image_generation") checkImageSettings(tool, `${param}.`);
  if (type === "mcp" && stringIn(tool, "server_label") === undefined) throw missing(`${param}.server_label`);
  if (type === "file_search" && !Array.isArray(tool.vector_store_ids)) throw missing(`${param}.vector_store_ids`);
  if (type === "code_interpreter" && tool.container === undefined) throw missing(`${param}.container`);
}

function checkName(tool: Fields, param: string): void {
  const { name } = tool;
  if (name === undefined) throw missing(`${param}.name`);
  if (typeof name !== "string") throw invalidType(`${param}.name`, "a string", name);
  if (!NAME.test(name)) {
    throw refused(
      `Invalid '${param}.name': string does not match pattern. Expected a string that matches the pattern '${NAME.source}'.`,
      `${param}.name`,
      "invalid_value",
    );
  }
  if (name.length > LONGEST_NAME) throw tooLong(`${param}.name`, name, LONGEST_NAME);
}

function checkFunction(tool: Fields, param: string): void {
  const { parameters } = tool;
  if (parameters === undefined || parameters === null) return;
  if (!isFields(parameters)) throw invalidType(`${param}.parameters`, "an object", parameters);
  const fault = parametersFault(parameters, tool.strict === true);
  if (fault === undefined) return;
  throw refused(
    `Invalid schema for function '${String(tool.name)}': ${fault}`,
    `${param}.parameters`,
    "invalid_function_parameters",
  );
}

function parametersFault(parameters: Fields, isStrict: boolean): string | undefined {
  const { type, properties } = parameters;
  if (type !== undefined && type !== "object")
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(type)}"'.`;
  if (isStrict) return strictFault(parameters);
  return type === "object" && properties === undefined ? "In context=(), object schema missing properties." : undefined;
}

/** Checks the form of `tool_choice`. @throws {@link ServiceError} 400 */
export function checkToolChoice(choice: unknown, param: string): void {
  if (typeof choice === "string") {
    if (!TOOL_CHOICES.includes(choice)) throw invalidValue(param, choice, TOOL_CHOICES);
    return;
  }
  if (!isFields(choice)) throw invalidType(param, `one of an object or ${either(TOOL_CHOICES)}`, choice);
  const { type, name } = choice;
  if ((type === "function" || type === "custom") && name === undefined) throw missing(`${param}.name`);
}

/**
 * Checks that the tool of `tool_choice` exists.
 *
 * @param declared - All tools of the request, in `tools` or in an item.
 * @throws {@link ServiceError} 400
 */
export function checkChosenTools(choice: unknown, declared: readonly Fields[]): void {
  if (choice === "required" && declared.length === 0) {
    throw refused("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice", "invalid_value");
  }
  if (!isFields(choice)) return;
  const names = new Set(declared.flatMap(toolNames));
  const asked = choice.type === "allowed_tools" ? listIn(choice, "tools") : [choice];
  for (const { name } of asked) {
    if (typeof name !== "string" || names.has(name) || choice.type === "mcp") continue;
    throw refused(`Tool choice '${name}' not found in 'tools' parameter.`, "tool_choice", "invalid_value");
  }
}
