import { type Fields, fieldsIn, listIn, stringIn } from "../fields.ts";
import { quote } from "../model/topics.ts";
import { required } from "../responses/request.ts";

/**
 * Answers `alpha/search` with made-up results: one line per operation, in order.
 *
 * @throws {@link ServiceError} 400
 */
export function search(body: Fields): Fields {
  required(body, "id");
  required(body, "model");
  const commands = fieldsIn(body, "commands") ?? {};
  const lines = Object.keys(commands).flatMap((name) =>
    listIn(commands, name).map((operation) => lineFor(name, operation)),
  );
  const asked = typeof body.input === "string" ? [`search: ${quote(body.input)}`] : [];
  const found = [
    ...asked,
    ...lines,
    ...listIn(body, "input").map((item) => `read: ${stringIn(item, "type") ?? "item"}`),
  ];
  const output = found.map((line, index) => `[${index}] ${line} (the emulator knows no web)`).join("\n");
  return { output: output || "Nothing was asked for.", encrypted_output: Buffer.from(output).toString("base64url") };
}

function lineFor(name: string, operation: Fields): string {
  const values = Object.values(operation).filter((value) => typeof value === "string" || typeof value === "number");
  return `${name}: ${quote(values.join(", "))}`;
}
