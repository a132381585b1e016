import { BoundedMap } from "../bounded-map.ts";
import { type Fields, isFields, listIn, stringIn } from "../fields.ts";
import { type Generation, isOpenCall } from "../responses/events/generation.ts";
import type { Identifiers } from "../responses/identifiers.ts";
import { parseInput } from "../responses/request.ts";
import type { Lane } from "./lanes.ts";

const MOST_PENDING = 8;
const MOST_REMEMBERED = 1000;
const PARTS = new Set(["input_text", "input_image", "input_file"]);

/** Input that waits until its response can accept it. */
interface Steer {
  readonly id: string;
  readonly input: readonly Fields[];
}

/** Reports about a steer, on the lane of its response. */
export type Tell = (event: Fields, lane: Lane | undefined) => void;

interface Active {
  readonly generation: Generation;
  readonly lane: Lane;
  readonly steers: Steer[];
}

/** The running responses of one connection, and the input that its client sends into them: `response.steer` and `response.interrupt`. */
export class Steering {
  readonly #active = new Map<string, Active>();
  readonly #over = new BoundedMap<string, true>(MOST_REMEMBERED);
  /** Input that waits for the outputs of a response's calls, by that response. */
  readonly #owed = new Map<string, readonly Fields[]>();
  readonly #identifiers: Identifiers;
  readonly #tell: Tell;

  constructor(identifiers: Identifiers, tell: Tell) {
    this.#identifiers = identifiers;
    this.#tell = tell;
  }

  begin(generation: Generation, lane: Lane): void {
    this.#active.set(generation.turn.id, { generation, lane, steers: [] });
  }

  /**
   * @returns The input with which a successor continues at once; undefined if there is none. If the client first has to send outputs, it is
   *   told so, and `takeOwed` adds the input to the request that brings them.
   */
  end({ turn: { id } }: Generation): readonly Fields[] | undefined {
    const active = this.#active.get(id);
    this.#active.delete(id);
    this.#over.set(id, true);
    if (!active || active.steers.length === 0) return undefined;
    const { generation, lane, steers } = active;
    const input = steers.flatMap((steer) => steer.input);
    const open = (generation.outcome?.output ?? []).filter(isOpenCall);
    if (open.length === 0) return generation.outcome ? input : undefined;
    this.#owed.set(id, input);
    for (const steer of steers) {
      this.#tell(
        {
          type: "response.steer.pending",
          sequence_number: generation.nextSequenceNumber(),
          reason: "waiting_for_required_input",
          required_input: open.map(stubOf),
          steer: { id: steer.id, previous_response_id: id },
        },
        lane,
      );
    }
    return undefined;
  }

  /** Input that was sent before a response's calls had their outputs; it goes before the input that brings them. */
  takeOwed(responseId: string | undefined): readonly Fields[] {
    const input = responseId === undefined ? undefined : this.#owed.get(responseId);
    if (responseId !== undefined) this.#owed.delete(responseId);
    return input ?? [];
  }

  steer(frame: Fields): void {
    const responseId = stringIn(frame, "previous_response_id") ?? "";
    const active = this.#active.get(responseId);
    const code = this.#faultOf(frame, responseId, active);
    if (code !== undefined || !active) {
      this.#tell(
        {
          type: "response.steer.failed",
          sequence_number: active?.generation.nextSequenceNumber() ?? 0,
          error: {
            code: code ?? "response_not_found",
            message: MESSAGES.get(code ?? "") ?? "The response cannot be steered.",
          },
          steer: { previous_response_id: responseId, input: frame.input ?? null },
        },
        active?.lane,
      );
      return;
    }
    const steer = { id: this.#identifiers.next("steer"), input: parseInput(frame.input) };
    active.steers.push(steer);
    this.#tell(
      {
        type: "response.steer.accepted",
        sequence_number: active.generation.nextSequenceNumber(),
        steer: { id: steer.id, previous_response_id: responseId },
      },
      active.lane,
    );
    active.generation.stop("steered");
  }

  /** @returns True if there was something to interrupt. */
  interrupt(frame: Fields): boolean {
    const active = this.#active.get(stringIn(frame, "response_id") ?? "");
    active?.generation.stop("interrupted");
    return active !== undefined;
  }

  #faultOf(frame: Fields, responseId: string, active: Active | undefined): string | undefined {
    if (!isInput(frame)) return "invalid_input";
    if (!active) return this.#over.has(responseId) ? "response_already_completed" : "response_not_found";
    const { conversationId, compactThreshold } = active.generation.turn.request;
    if (conversationId !== undefined || compactThreshold !== undefined) return "steering_not_supported";
    if (active.generation.isInterrupted) return "response_not_active";
    return active.steers.length >= MOST_PENDING ? "too_many_pending_steers" : undefined;
  }
}

const MESSAGES: ReadonlyMap<string, string> = new Map([
  [
    "invalid_input",
    "The event or its input is not valid: user messages of text, images and files, or outputs of function calls.",
  ],
  ["response_not_found", "The response is not available on this connection."],
  ["response_already_completed", "The response is complete and accepts no more input."],
  ["response_not_active", "The response accepts no more input."],
  ["steering_not_supported", "A response of a conversation, or with automatic compaction, cannot be steered."],
  ["too_many_pending_steers", "Too much input is pending for this response."],
]);

/** Only `type`, `previous_response_id` and `input`; the input is a text, user messages, or outputs of function calls. */
function isInput(frame: Fields): boolean {
  const { type: _type, previous_response_id: id, input, ...others } = frame;
  if (typeof id !== "string" || Object.keys(others).length > 0) return false;
  if (typeof input === "string") return input !== "";
  return Array.isArray(input) && input.length > 0 && input.every(isSteerItem);
}

function isSteerItem(item: unknown): boolean {
  if (!isFields(item)) return false;
  const { type = "message", role, content, ...others } = item;
  if (type === "function_call_output") return typeof item.call_id === "string" && item.output !== undefined;
  if (type !== "message" || role !== "user" || Object.keys(others).length > 0) return false;
  return (
    typeof content === "string" ||
    (Array.isArray(content) && listIn(item, "content").every((part) => PARTS.has(String(part.type))))
  );
}

function stubOf(item: Fields): Fields {
  if (item.type === "mcp_approval_request") return { type: "mcp_approval_response", approval_request_id: item.id };
  if (item.type === "custom_tool_call") return { type: "custom_tool_call_output", call_id: item.call_id };
  return { type: "function_call_output", call_id: item.call_id, name: item.name };
}
