import { ProtocolError } from "../../../client/failure/kinds.ts";
import { header } from "../../headers.ts";
import { readAnswer } from "../../service/answer.ts";
import type { CallScope } from "../../service/call.ts";
import { conversationHeaders } from "../../service/call-options.ts";
import type { Service } from "../../service/service.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { inputItems } from "../../wire/request-input.ts";
import type { CompactOptions } from "./options.ts";
import { type CompactionInput, decodeCompactionOutput, encodeCompactionInput } from "./shape.ts";

/** A model reads the whole history before it answers, so one attempt may take this many times the provider's idle time-out. */
const IDLE_TIMEOUTS_PER_SEND = 4;

const TRIGGER: ResponseItem = { type: "compaction_trigger" };

/** @param scope - That of the call that this belongs to. Default: a call of its own. */
export async function compactByEndpoint(
  service: Service,
  input: CompactionInput,
  { scope, ...options }: CompactOptions & { readonly scope?: CallScope | undefined },
): Promise<ResponseItem[]> {
  const { provider, limits } = service;
  const headers = {
    ...conversationHeaders(options, provider.sessionHeaders),
    [header.clientRequestId]: undefined, // it identifies a response, and this is not one
    ...options.headers,
  };
  const body = encodeCompactionInput(input, { ids: provider.itemIds });
  if (input.input.length === 0) return [];
  const { signal, traceContext } = options;
  const response = await service.execute({
    method: "POST",
    path: "responses/compact",
    json: body,
    headers,
    signal,
    traceContext,
    scope,
    totalMs: IDLE_TIMEOUTS_PER_SEND * limits.streamIdleTimeoutMs,
  });
  options.turnState?.set(response.headers[header.turnState]);
  return decodeCompactionOutput(readAnswer(response, "failed to decode compaction response"));
}

/** @param ask - Sends a request and returns the items of its answer. */
export async function compactByTrigger(
  input: CompactionInput,
  ask: (request: CompactionInput) => Promise<readonly ResponseItem[]>,
): Promise<ResponseItem[]> {
  const history = inputItems(input.input);
  if (history.length === 0) return [];
  const items = await ask({ ...input, input: [...history, TRIGGER] });
  const compactions = items.filter((item) => item.type === "compaction");
  if (compactions.length === 1) return compactions;
  throw new ProtocolError(
    `remote compaction v2 expected exactly one compaction output item, got ${compactions.length} from ${items.length} output items`,
  );
}
