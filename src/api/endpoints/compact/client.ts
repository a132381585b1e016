import { ResponsesClient } from "../../responses/client.ts";
import { ServiceClient } from "../../service/client.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { compactByEndpoint, compactByTrigger } from "./forms.ts";
import { type CompactOptions, checkCompactOptions, checkedForm } from "./options.ts";
import type { CompactionInput } from "./shape.ts";

/** Makes a long history short. */
export class CompactClient extends ServiceClient {
  /**
   * Compacts a history. An empty `input`: `[]`, and nothing is sent.
   *
   * One send may take four times the provider's `streamIdleTimeoutMs`; in the form `trigger` the time-outs of a stream hold instead.
   *
   * @returns What the service answers: in the form `endpoint` the items to go on with; in the form `trigger` the one `compaction` item,
   *   to stand for everything that was sent (which of one's own messages stay beside it is the caller's choice).
   * @throws The kinds of `docs/errors.md`; {@link ProtocolError} for an answer that does not decode, or one with a trigger that holds
   *   none or several compactions.
   * @see codex-api/src/endpoint/compact.rs `compact_input`.
   */
  async compact(input: CompactionInput, options: CompactOptions = {}): Promise<ResponseItem[]> {
    checkCompactOptions(options);
    const { form, ...call } = options;
    if (checkedForm(form) === "endpoint") return compactByEndpoint(this.service, input, call);
    return compactByTrigger(input, async (request) => {
      const stream = await new ResponsesClient({ service: this.service }).stream(request, call);
      return (await stream.collect()).items;
    });
  }
}
