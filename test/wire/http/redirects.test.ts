import { describe, expect, it } from "vitest";
import { followRedirect } from "../../../src/client/http/redirect.ts";
import { serve } from "../../support/serve.ts";
import { get, openTransport, post } from "../../support/transport.ts";

describe("redirects", () => {
  // parity: redirect/rules, redirect/no-referer
  it("307 repeats the request with its body", async () => {
    const server = await serve((request, response) => {
      if (request.path === "/a") response.writeHead(307, { location: "/b" }).end();
      else response.end("done");
    });
    const answer = await openTransport().execute(
      post(`${server.url}/a`, "body", { headers: { authorization: "Bearer t" } }),
    );
    expect(answer.url).toBe(`${server.url}/b`);
    expect(server.requests[1]).toMatchObject({ method: "POST", path: "/b", headers: { authorization: "Bearer t" } });
    expect(server.requests[1]?.body.toString()).toBe("body");
    expect(server.requests[1]?.headers).not.toHaveProperty("referer");
  });

  // parity: redirect/rules
  it.each([301, 302, 303])("%i turns POST into GET without a body", async (status) => {
    const server = await serve((request, response) => {
      if (request.path === "/a") response.writeHead(status, { location: "/b" }).end();
      else response.end();
    });
    await openTransport().execute(post(`${server.url}/a`, "body"));
    expect(server.requests[1]).toMatchObject({ method: "GET", path: "/b" });
    expect(server.requests[1]?.headers).not.toHaveProperty("content-type");
    expect(server.requests[1]?.body.length).toBe(0);
  });

  // parity: redirect/credentials
  it("take no credential to another origin, whatever its header is called", async () => {
    const other = await serve((_request, response) => response.end());
    const server = await serve((_request, response) => response.writeHead(307, { location: other.url }).end());
    const headers = {
      authorization: "Bearer t",
      "x-gateway-key": "k",
      "chatgpt-account-id": "a",
      "content-type": "text/plain",
    };
    await openTransport().execute(post(server.url, "body", { headers }));
    expect(Object.keys(other.requests[0]?.headers ?? {}).sort()).toEqual([
      "connection",
      "content-length",
      "content-type",
      "host",
    ]);
  });

  // parity: redirect/rules
  it("end after ten", async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: "/again" }).end());
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({
      kind: "network",
      code: "TOO_MANY_REDIRECTS",
    });
    expect(server.requests.length).toBe(11);
  });

  it("to what is not HTTP are refused", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
  });

  it("from https to http are refused: the request would cross the network in clear", () => {
    const request = get("https://api.test/v1/a", { headers: { authorization: "Bearer t" } });
    const to = (location: string) => () => followRedirect(request, request.url, { status: 307, headers: { location } });
    expect(to("http://api.test/v1/b")).toThrow(/from https to http is not followed/);
    expect(to("//api.test/v1/b")()).toMatchObject({ url: "https://api.test/v1/b", headers: request.headers });
  });

  it("without a location are an answer like any other", async () => {
    const server = await serve((_request, response) => response.writeHead(302).end());
    await expect(openTransport().execute(get(server.url))).rejects.toMatchObject({ kind: "http", status: 302 });
  });
});
