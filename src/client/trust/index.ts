// Knows which certificates are trusted: the variable that names a CA bundle, its PEM sections, the system roots, a client certificate, and
// the TLS context made of them. Must not know what is sent over a connection, nor how a host is reached (proxies, HTTP, WebSocket). Start
// reading at trust.ts, then selection.ts, bundle.ts, context.ts and handshake/connect.ts; handshake/failure.ts turns refusals into messages.

export { type CaError, CaInvalidError, CaReadError, CaRejectedError } from "../failure/kinds.ts";
export {
  type CaBundle,
  type CaBundleOptions,
  type CaBundleSource,
  type CaCertificate,
  loadCaBundle,
  readCaBundle,
} from "./bundle.ts";
export type { ClientCertificate } from "./client-certificate.ts";
export type { ConnectOptions } from "./handshake/connect.ts";
export { isTrustFailure } from "./handshake/failure.ts";
export { type CertificateFacts, describeCertificates, inspectPeer, type PeerFacts } from "./handshake/inspect.ts";
export { SMALL_GROUPS } from "./handshake/large-hello.ts";
export {
  type CaSelection,
  type CaSource,
  type CaVariable,
  type CaVariableSetting,
  type PemSource,
  selectCaBundle,
} from "./selection.ts";
export { createTrust, type TlsOptions, type Trust, type TrustOptions, tlsOptions } from "./trust.ts";
