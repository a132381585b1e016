import type { Replaying, Service } from "../service.ts";
import { ServiceError } from "../service-error.ts";
import { Player } from "../workbench/transcripts/player.ts";
import { mismatch } from "../workbench/transcripts/replay.ts";
import type { Transcript } from "../workbench/transcripts/transcript.ts";
import { type AcceptedSocket, SocketPeer } from "./peer.ts";

const NO_CODE = 1005; // how a close frame without a code is reported

/** Replays a recorded WebSocket: each message of the client gets what followed the corresponding one in the recording. */
export class ReplayConnection {
  readonly #peer: SocketPeer;
  readonly #player: Player;
  readonly #isStrict: boolean;

  constructor(
    service: Service,
    accepted: AcceptedSocket,
    transcript: Transcript,
    { recordings, timing }: Pick<Replaying, "recordings" | "timing">,
  ) {
    this.#isStrict = recordings.isStrict;
    this.#peer = new SocketPeer(service, accepted, (request) => {
      service.journal.decided(request, { answeredBy: "recording" });
      this.#receive(Buffer.from(request.body).toString("utf8"));
    });
    this.#player = new Player(transcript, timing, this.#peer.gone.signal);
    void this.#play();
  }

  #receive(message: string): void {
    const { expected } = this.#player;
    const refusal = this.#isStrict && expected !== undefined && mismatch(expected, message);
    if (refusal) {
      this.#peer.refuse(refusal);
      return;
    }
    this.#player.arrived();
    if (!this.#player.isOverrun) return;
    const overrun = "Nothing is recorded for this message: more came on this WebSocket than when it was recorded.";
    this.#peer.refuse(new ServiceError(404, { message: overrun, code: "replay_no_match" }));
  }

  /** If the client left in the recording, nothing more is sent at that point; the client may leave again. */
  async #play(): Promise<void> {
    const outlet = this.#peer.outlet();
    for await (const entry of this.#player.play()) {
      if (entry.kind === "received") await outlet.sendFrame(entry.data);
      if (entry.kind !== "end") continue;
      if (entry.how === "cut") await outlet.terminate();
      else if (entry.how === "reset") await outlet.reset();
      else if (entry.how === "finished")
        this.#peer.close(entry.code === NO_CODE ? undefined : entry.code, entry.reason);
    }
  }
}
