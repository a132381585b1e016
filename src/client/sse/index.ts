/**
 * Server-sent events: takes bytes and returns events (WHATWG HTML §9.2). It knows neither HTTP nor what the events mean, and has no socket
 * and no timer. Start reading at `decoder.ts`.
 */
export { SseDecoder, type SseDecoderOptions, type SseEvent, type SseSink } from "./decoder.ts";
