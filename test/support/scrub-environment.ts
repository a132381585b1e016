// Tests must not depend on the machine: trust, proxy and credential variables are removed before any source is loaded.
const SCRUBBED =
  /^(ssl_cert_(file|dir)|node_extra_ca_certs|codex_.*|openai_.*|curl_ca_bundle|requests_ca_bundle|node_use_.*|node_options|(https?|all|no)_proxy)$/i;

for (const name of Object.keys(process.env)) {
  if (SCRUBBED.test(name)) delete process.env[name];
}
