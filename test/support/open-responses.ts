// The schemas of the Open Responses specification, if they are in a folder beside the project.
import { existsSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { isFields } from "../../src/emulator/fields.ts";

const PATH = new URL("../../../shared/fixtures/open-responses/openapi.json", import.meta.url);

export const hasOpenResponses = existsSync(PATH);

export interface OpenResponses {
  /** Violations of a schema by a value; empty if it is valid. */
  faultsOf(schema: string, value: unknown): readonly string[];
  /** The same for an event, with the schema of its type. */
  eventFaults(event: unknown): readonly string[];
  /** Whether there is a schema for this type of event. */
  knows(type: string): boolean;
}

export function openResponses(): OpenResponses {
  const document: unknown = JSON.parse(readFileSync(PATH, "utf8"));
  const schemas = inside(document, "components", "schemas");
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "open", components: { schemas } });
  const byType = new Map<string, string>();
  for (const [name, schema] of Object.entries(schemas)) {
    if (!/StreamingEvent$|^WebSocketErrorEvent$/.test(name) || name === "ErrorStreamingEvent") continue;
    const types = inside(schema, "properties", "type").enum;
    if (Array.isArray(types)) for (const type of types) byType.set(String(type), name);
  }
  const faultsOf = (schema: string, value: unknown): readonly string[] => {
    const validate = ajv.getSchema(`open#/components/schemas/${schema}`);
    if (!validate) throw new Error(`no schema ${schema}`);
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => `${schema}${error.instancePath}: ${error.message ?? ""}`);
  };
  return {
    faultsOf,
    knows: (type) => byType.has(type),
    eventFaults(event) {
      const type = isFields(event) ? String(event.type) : "";
      const isOfStream = type === "error" && isFields(event) && "sequence_number" in event; // not a WebSocket's refusal
      const schema = isOfStream ? "ErrorStreamingEvent" : byType.get(type);
      return schema === undefined ? [`no schema for the event ${type}`] : faultsOf(schema, event);
    },
  };
}

function inside(value: unknown, ...path: readonly string[]): Record<string, unknown> {
  const found = path.reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), value);
  return isFields(found) ? found : {};
}
