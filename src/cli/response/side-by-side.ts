import type { ResponseStream, ResponsesRequest, ResponsesSession } from "../../index.ts";
import { UsageError } from "../failure.ts";
import { output } from "../output.ts";
import { printResponse } from "./print.ts";

export interface SideBySideOptions {
  readonly model: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** A request, and its lane. */
interface LaneRequest {
  readonly lane: string;
  readonly request: ResponsesRequest;
}

/**
 * Answers requests at the same time, each on the lane that its field `lane` names, else on its own lane; requests of one lane follow each
 * other. Texts are printed in the order of the requests, events as they arrive, each with its lane. The first failure ends all of them.
 */
export async function answerSideBySide(
  session: ResponsesSession,
  bodies: readonly Readonly<Record<string, unknown>>[],
  { model, json, signal: caller }: SideBySideOptions,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([caller, failed.signal]);
  const requests = bodies.map((body, index) => laneRequest(body, index, model));
  const streams = requests.map(({ lane, request }) => session.lane(lane).stream(request, { signal }));
  for (const stream of streams) stream.catch(() => {}); // whoever awaits it gets the error; the first failure ends the others
  try {
    if (json) await Promise.all(streams.map((stream, index) => printEvents(requests[index]?.lane ?? "", stream)));
    else for (const stream of streams) await printResponse(await stream, { json });
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

function laneRequest({ lane, ...body }: Readonly<Record<string, unknown>>, index: number, model: string): LaneRequest {
  if (lane !== undefined && typeof lane !== "string")
    throw new UsageError(`the lane of request ${index + 1} must be a text, and is ${JSON.stringify(lane)}`);
  return { lane: lane ?? `request ${index + 1}`, request: { model, ...body } as ResponsesRequest }; // checked when it is encoded
}

async function printEvents(lane: string, opening: Promise<ResponseStream>): Promise<void> {
  for await (const event of await opening) await output.writeJson({ lane, ...event });
}
