import { describe, expect, it } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { ResponsesClient } from "../../../src/api/responses/client.ts";
import { clientOptions } from "../../support/clients.ts";
import { serve } from "../../support/serve.ts";
import { errorOf } from "../../support/transport.ts";
import { request } from "./sent.ts";

describe("a redirect that costs the request something is named in the failure after it:", () => {
  it("the key, which stays at its origin", async () => {
    const other = await serve((_request, response) => response.writeHead(401).end());
    const server = await serve((_request, response) => response.writeHead(307, { location: `${other.url}/x` }).end());
    const options = clientOptions(server.url, { headers: { "x-gateway": "g" }, retry: { maxRetries: 0 } });
    const error = await errorOf(new ResponsesClient({ ...options, auth: apiKeyAuth("key") }).stream(request));
    expect(error).toMatchObject({ status: 401 });
    expect(error.message).toMatch(
      new RegExp(
        `A redirect from ${server.url} to ${other.url} left .*authorization.* out.*give the final address as the base URL`,
      ),
    );
  });

  it("of many headers, some and how many more", async () => {
    const other = await serve((_request, response) => response.writeHead(401).end());
    const server = await serve((_request, response) => response.writeHead(307, { location: `${other.url}/x` }).end());
    const headers = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x-own-${index}`, "v"]));
    const options = clientOptions(server.url, { headers, retry: { maxRetries: 0 } });
    const error = await errorOf(new ResponsesClient({ ...options, auth: apiKeyAuth("key") }).stream(request));
    expect(error.message).toMatch(/ left [\w-]+(, [\w-]+)+ and \d+ more out, since/);
  });

  it("the method and the body", async () => {
    const server = await serve(({ method }, response) => {
      if (method === "POST") response.writeHead(302, { location: "/elsewhere" }).end();
      else response.writeHead(405).end();
    });
    const options = clientOptions(server.url, { retry: { maxRetries: 0 } });
    const error = await errorOf(new ResponsesClient(options).stream(request));
    expect(error.message).toContain(`A redirect within ${server.url} turned POST into GET and left the body out`);
  });

  it("an answer that is no event stream is a failure too", async () => {
    const server = await serve(({ method }, response) => {
      if (method === "POST") response.writeHead(303, { location: "/elsewhere" }).end();
      else response.writeHead(200, { "content-type": "text/html" }).end("<title>Welcome</title>");
    });
    const options = clientOptions(server.url, { retry: { maxRetries: 0 } });
    const error = await errorOf(new ResponsesClient(options).stream(request).then((stream) => stream.collect()));
    expect(error).toMatchObject({ kind: "protocol" });
    expect(error.message).toMatch(/not an event stream.*turned POST into GET/);
  });

  it("one that costs nothing is not", async () => {
    const server = await serve(({ path }, response) => {
      if (path.endsWith("/again")) response.writeHead(401).end();
      else response.writeHead(307, { location: "/again" }).end();
    });
    const options = clientOptions(server.url, { retry: { maxRetries: 0 } });
    const error = await errorOf(new ResponsesClient({ ...options, auth: apiKeyAuth("key") }).stream(request));
    expect(error.message).not.toContain("redirect");
  });
});
