/**
 * Server-sent events: bytes in, events out (WHATWG HTML §9.2). It knows neither HTTP nor what the events mean,
 * and holds no socket and no timer. Start reading at `decoder.ts`.
 */
export { SseDecoder, type SseDecoderOptions, type SseEvent, type SseSink } from "./decoder.ts";
