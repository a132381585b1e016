export type Endpoint = "responses" | "compact" | "memories" | "models";

// The public API, the ChatGPT backend, Azure, and no prefix at all.
const PREFIX = /^(?:\/v1|\/backend-api\/codex|\/openai(?:\/v1)?)?(?=\/)/;
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ["/responses", "responses"],
  ["/responses/compact", "compact"],
  ["/memories/trace_summarize", "memories"],
  ["/models", "models"],
]);

export function endpointOf(pathname: string): Endpoint | undefined {
  return ENDPOINTS.get(pathname.replace(PREFIX, ""));
}
