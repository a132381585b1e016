import { object } from "../../../client/options.ts";
import { ResponsesClient } from "../../responses/client.ts";
import { ServiceClient } from "../../service/client.ts";
import type { ResponseItem } from "../../wire/items.ts";
import { compactByEndpoint, compactByTrigger } from "./forms.ts";
import { type CompactOptions, checkCompactOptions, checkedForm } from "./options.ts";
import type { CompactionInput } from "./shape.ts";

/** Compacts long histories. */
export class CompactClient extends ServiceClient {
  /**
   * Compacts a history. For an empty `input` it returns `[]` and sends nothing.
   *
   * One attempt may take four times the provider's `streamIdleTimeoutMs`; in the form `trigger` the time-outs of a stream apply instead.
   *
   * @returns The compacted history. In the form `endpoint`: the items to continue with. In the form `trigger`: one `compaction` item,
   *   which replaces everything that was sent (you may keep messages of your own next to it).
   * @throws The kinds of `docs/errors.md`; {@link ProtocolError} The answer cannot be decoded, or does not contain exactly one compaction
   *   in the form `trigger`.
   * @see codex-api/src/endpoint/compact.rs `compact_input`.
   */
  async compact(input: CompactionInput, options: CompactOptions = {}): Promise<ResponseItem[]> {
    object("the input of compact()", input, "an object with model and input");
    checkCompactOptions(options);
    const { form, ...call } = options;
    if (checkedForm(form) === "endpoint") return compactByEndpoint(this.service, input, call);
    return compactByTrigger(input, async (request) => {
      const stream = await new ResponsesClient({ service: this.service }).stream(request, call);
      return (await stream.collect()).items;
    });
  }
}
