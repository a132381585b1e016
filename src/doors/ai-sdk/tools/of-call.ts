import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4ProviderTool,
  SharedV4Warning,
} from "@ai-sdk/provider";
import {
  BuildError,
  type FunctionTool,
  type JsonObject,
  type NamespaceTool,
  type Tool,
  type ToolChoice,
} from "../../../index.ts";
import { functionToolOf, hostedToolOf } from "./wire-form.ts";

/** Tools whose calls have another name than the tool. */
const ANSWERS_FOR: ReadonlyMap<string, string> = new Map([
  ["web_search_2025_08_26", "web_search"],
  ["web_search_preview", "web_search"],
  ["web_search_preview_2025_03_11", "web_search"],
  ["computer_use_preview", "computer"],
  ["computer_use", "computer"],
]);

/** The tools that the model may call. The list of all tools stays the same, so that the prompt cache still applies. */
export interface AllowedTools {
  /** The program's names for them. */
  readonly toolNames: readonly string[];
  /** Default `auto`. */
  readonly mode?: "auto" | "required" | undefined;
}

interface Group extends NamespaceTool {
  readonly tools: FunctionTool[];
}

/** The tools of a call, in wire form, and the program's names for them. */
export class CallTools {
  readonly tools: readonly Tool[];
  readonly #warnings: SharedV4Warning[];
  readonly #names = new Map<string, string>();
  readonly #hosted = new Map<string, JsonObject>();
  /** Entries for `allowed_tools`, by the program's names; some tools cannot be listed there. */
  readonly #allowable = new Map<string, JsonObject>();

  constructor(tools: LanguageModelV4CallOptions["tools"], warnings: SharedV4Warning[]) {
    this.#warnings = warnings;
    const sent: Tool[] = [];
    const groups = new Map<string, Group>();
    for (const tool of tools ?? []) {
      const wire = tool.type === "function" ? this.#own(tool, groups) : this.#ofService(tool);
      if (wire) sent.push(wire);
    }
    this.tools = sent;
  }

  /** The program's name for a tool of this type. */
  nameOf(type: string): string {
    return this.#names.get(type) ?? type;
  }

  /** True if the model writes free text for this tool. */
  isCustom(name: string): boolean {
    return this.#hosted.get(name)?.type === "custom";
  }

  /** True if the service runs the shell. */
  get isShellHosted(): boolean {
    return this.tools.some((tool) => tool.type === "shell" && tool.environment && tool.environment.type !== "local");
  }

  /** @param allowed - Goes before the choice. @throws {@link BuildError} It names no tool that can be allowed. */
  choice(choice: LanguageModelV4CallOptions["toolChoice"], allowed?: AllowedTools): ToolChoice | undefined {
    if (allowed) return this.#allowed(allowed);
    if (choice?.type !== "tool") return choice?.type;
    const { type = "function", server_label } = this.#hosted.get(choice.toolName) ?? {};
    if (type === "function" || type === "custom") return { type, name: choice.toolName };
    return { type, ...(type === "mcp" ? { server_label } : {}) } as ToolChoice;
  }

  /** A tool of the program; undefined if its namespace is in the list already, or if the tool is not to be sent. */
  #own(tool: LanguageModelV4FunctionTool, groups: Map<string, Group>): Tool | undefined {
    const made = functionToolOf(tool);
    if (!made) return undefined;
    const { tool: wire, namespace } = made;
    if (!namespace) {
      if (wire.defer_loading !== true) this.#allowable.set(tool.name, { type: "function", name: tool.name });
      return wire;
    }
    const { name, description } = namespace;
    const known = groups.get(name);
    if (!known) {
      const group: Group = { type: "namespace", name, description, tools: [wire] };
      groups.set(name, group);
      return group;
    }
    if (known.description !== description)
      throw new BuildError(`two tools describe their namespace ${name} differently; ${tool.name} is the second one`);
    known.tools.push(wire);
    return undefined;
  }

  #ofService(tool: LanguageModelV4ProviderTool): Tool | undefined {
    const wire = hostedToolOf(tool);
    if (wire) this.#know(wire, tool.name);
    else this.#warnings.push({ type: "unsupported", feature: `tool ${tool.id}`, details: NOT_OURS });
    return wire;
  }

  #allowed({ toolNames, mode = "auto" }: AllowedTools): ToolChoice {
    const tools = toolNames.map((name) => this.#allowable.get(name)).filter((entry) => entry !== undefined);
    const others = toolNames.filter((name) => !this.#allowable.has(name));
    if (tools.length === 0)
      throw new BuildError(`allowedTools names no tool that can be allowed (${others.join(", ")}): ${NOT_ALLOWABLE}`);
    for (const name of others)
      this.#warnings.push({ type: "unsupported", feature: `allowedTools entry "${name}"`, details: NOT_ALLOWABLE });
    return { type: "allowed_tools", mode, tools };
  }

  #know(tool: JsonObject, name: string): void {
    const type = String(tool.type);
    this.#hosted.set(name, tool);
    const entry =
      type === "custom" ? { type, name } : type === "mcp" ? { type, server_label: tool.server_label } : { type };
    if (type !== "tool_search") this.#allowable.set(name, entry);
    if (type !== "custom") this.#names.set(ANSWERS_FOR.get(type) ?? type, name);
  }
}

const NOT_OURS =
  "only tools of openai.tools, and of the id codex-wire.<type> with arguments in wire names, can be sent";

const NOT_ALLOWABLE = "only tools of this call that are in no namespace and are not deferred can be allowed";
