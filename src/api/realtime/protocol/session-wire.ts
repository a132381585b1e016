import { list, object } from "../../../client/options.ts";
import { isJsonObject, type JsonObject } from "../../wire/json.ts";
import type { RealtimeResponseParameters, RealtimeSession } from "../session.ts";

/** A session in the form that is sent: `extra` is merged into the other fields. @throws {@link BuildError} As {@link wire}. */
export function sessionWire({ extra = {}, ...fields }: RealtimeSession): JsonObject {
  return wire({ type: "realtime", ...fields }, extra);
}

/** The parameters of `response.create` in the form that is sent; undefined if there are none. @throws {@link BuildError} As {@link wire}. */
export function responseWire({ extra = {}, ...fields }: RealtimeResponseParameters): JsonObject | undefined {
  const written = wire(fields, extra);
  return Object.values(written).every((value) => value === undefined) ? undefined : written;
}

/** Objects are merged recursively; any other value replaces the one before, unless it is undefined. */
export function merged(before: JsonObject, changes: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    const old = result[name];
    if (value !== undefined) result[name] = isJsonObject(old) && isJsonObject(value) ? merged(old, value) : value;
  }
  return result;
}

/** @throws {@link BuildError} `extra` is no object, or `tools` no list. */
function wire(fields: JsonObject, extra: JsonObject): JsonObject {
  const all = merged(fields, object("extra", extra, "an object of further fields"));
  const { tools } = all as { readonly tools?: readonly unknown[] };
  return tools === undefined ? all : { ...all, tools: list("tools", tools, "a list of tools").map(withoutStrict) };
}

function withoutStrict(tool: unknown): unknown {
  if (!isJsonObject(tool)) return tool;
  const { strict: _ofResponses, ...known } = tool;
  return known;
}
