export type Endpoint =
  | "responses"
  | "compact"
  | "memories"
  | "models"
  | "search"
  | "image_generation"
  | "image_edit"
  | "call"
  | "call_act"
  | "client_secret"
  | "realtime"
  | "file"
  | "uploaded"
  | "upload";

// The public API, the ChatGPT backend, Azure, and no prefix at all.
const PREFIX = /^(?:\/v1|\/backend-api(?:\/codex)?|\/openai(?:\/v1)?)?(?=\/)/;
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ["/responses", "responses"],
  ["/responses/compact", "compact"],
  ["/memories/trace_summarize", "memories"],
  ["/models", "models"],
  ["/alpha/search", "search"],
  ["/images/generations", "image_generation"],
  ["/images/edits", "image_edit"],
  ["/realtime/calls", "call"],
  ["/realtime/client_secrets", "client_secret"],
  ["/realtime", "realtime"],
  ["/files", "file"],
]);
const CALL_ACT = /^\/realtime\/calls\/[^/]+\/(?:accept|reject|refer|hangup)$/;
const FILE = /^\/(?:files\/([^/]+)\/(uploaded)|(upload)\/([^/]+))$/;

export interface Route {
  readonly endpoint: Endpoint;
  readonly method: "GET" | "POST" | "PUT";
  /** The file that the path names; empty where it names none. */
  readonly fileId: string;
}

export function routeOf(pathname: string): Route | undefined {
  const path = pathname.replace(PREFIX, "");
  const [, toldId, , upload, uploadId] = FILE.exec(path) ?? [];
  if (upload !== undefined) return { endpoint: "upload", method: "PUT", fileId: uploadId ?? "" };
  if (toldId !== undefined) return { endpoint: "uploaded", method: "POST", fileId: toldId };
  const endpoint = CALL_ACT.test(path) ? "call_act" : ENDPOINTS.get(path);
  return (
    endpoint && { endpoint, method: endpoint === "models" || endpoint === "realtime" ? "GET" : "POST", fileId: "" }
  );
}
