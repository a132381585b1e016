import { join } from "node:path";
import ts from "typescript";
import { ENTRIES } from "../../../scripts/entries.mjs";

const root = join(import.meta.dirname, "../../..");

/** Exported types whose fields callers set. Requests and items are not among them, because their fields are the service's. */
const IS_OPTIONS =
  /(Options|Overrides)$|^(AuthProvider|ClientCertificate|Condition|Identity|Logger|ProviderConfig|RetryPolicy|Scenario|Step|Telemetry)$/;

/** Every option that a caller can set: its name, and one type that has it. */
export function publicOptions(): Map<string, string> {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const entries = [...ENTRIES.values()].map((path) => join(root, path));
  const program = ts.createProgram(entries, options);
  const checker = program.getTypeChecker();
  const found = new Map<string, string>();
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) || !IS_OPTIONS.test(symbol.name))
        continue;
      for (const property of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))) {
        const isOurs = property.declarations?.some((each) => !each.getSourceFile().fileName.includes("node_modules"));
        if (isOurs) found.set(property.name, symbol.name);
      }
    }
  }
  return found;
}
