import type { HttpStreamResponse } from "../../../client/transport.ts";
import { requestIdOf } from "../../headers.ts";
import type { Answer } from "../../service/answer.ts";
import { reported } from "../observed.ts";
import type { ResponsesOptions } from "../options.ts";
import type { EventIterator } from "../source.ts";
import { retrieveStored } from "../stored/calls.ts";
import { ResponseStream, type ResponseStreamHead } from "../stream.ts";
import { checkedStart, type ResponsePosition } from "./position.ts";
import { BackgroundRun, type RunOptions } from "./run.ts";
import { openStoredStream, refusesToStream, type StoredSource } from "./source.ts";

/** True if a request's body asks for a background response. */
export function isBackground(body: unknown): boolean {
  return typeof body === "object" && body !== null && "background" in body && body.background === true;
}

interface BackgroundCall extends StoredSource {
  readonly options: ResponsesOptions;
  /** True if the call ends with this response. */
  readonly isOwnCall: boolean;
}

/** Streams the response that an answer begins. */
export function backgroundStream(response: Answer<HttpStreamResponse>, call: BackgroundCall): ResponseStream {
  const run = new BackgroundRun(runOptions(call, response));
  run.read(response);
  return streamOf(run, call, response);
}

/**
 * Resumes a response, running or finished, from where a reader left it.
 *
 * @throws The kinds of `docs/errors.md`. {@link ResponseGoneError} There is no such response.
 */
export async function resumedStream(
  id: string,
  after: number | ResponsePosition | undefined,
  call: BackgroundCall,
): Promise<ResponseStream> {
  const from = checkedStart(id, after);
  const { service, headers, traceContext, scope, options } = call;
  const { signal } = options;
  const runOf = (head: ResponseStreamHead) => new BackgroundRun({ ...runOptions(call, head), responseId: id, from });
  if (canStreamFrom(from)) {
    try {
      const response = await openStoredStream(call, id, from.after, signal);
      const run = runOf(response);
      run.read(response);
      return streamOf(run, call, response);
    } catch (error) {
      if (!refusesToStream(error)) throw error;
    }
  }
  const { response, answer } = await retrieveStored(service, id, { headers, traceContext, scope, signal });
  const run = runOf(answer);
  run.poll(response, answer.blank);
  return streamOf(run, call, answer);
}

/** Where something was read, and nothing of it had a number, a stream would bring it again. */
function canStreamFrom({ after, finished = [], underWay = {} }: Partial<ResponsePosition>): boolean {
  return after !== undefined || (finished.length === 0 && Object.keys(underWay).length === 0);
}

function runOptions(call: BackgroundCall, { headers }: ResponseStreamHead): RunOptions {
  return { source: call, reading: call.options, headers };
}

function streamOf(run: BackgroundRun, { scope, isOwnCall }: BackgroundCall, head: ResponseStreamHead): ResponseStream {
  scope.observer.answered({ requestId: requestIdOf(head.headers), responseId: run.responseId });
  const source = { events: eventsOf(run), received: run.flow.received };
  return new ResponseStream(isOwnCall ? reported(source, scope.observer) : source, head);
}

/** The reader's end of a run: it reports how far the reader has come, and when it leaves. */
function eventsOf(run: BackgroundRun): EventIterator {
  const { flow } = run;
  const { events } = flow;
  const leave = async (): Promise<void> => {};
  const leaving = (): (() => Promise<void>) => (run.isOver ? leave : () => run.left());
  return {
    get position() {
      return run.responseId === undefined ? undefined : flow.positionIn(run.responseId);
    },
    async next() {
      const step = await events.next();
      if (!step.done) flow.tookEvent(step.value);
      return step;
    },
    async nextBatch() {
      const step = await events.nextBatch();
      if (!step.done) for (const event of step.value) flow.tookEvent(event);
      return step;
    },
    forEachBatch: (take) =>
      events.forEachBatch((batch) => {
        for (const event of batch) flow.tookEvent(event);
        return take(batch);
      }),
    drain: () => events.drain(),
    async return() {
      const left = leaving();
      const step = await events.return();
      void left();
      return step;
    },
    async leave(reason) {
      const left = leaving();
      events.leave(reason);
      await left();
    },
  };
}
