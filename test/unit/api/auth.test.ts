import { expect, it } from "vitest";
import { apiKeyAuth, checkAuth, noAuth } from "../../../src/api/auth.ts";
import { CallCredentials } from "../../../src/api/service/credentials.ts";

const request = {
  carrier: "http",
  method: "POST",
  url: "https://api.openai.com/v1/responses",
  body: undefined,
} as const;

it("a key is sent without the white space that a file or a variable put around it", async () => {
  const { headers } = await new CallCredentials(apiKeyAuth(" sk-1\n"), undefined, 0).next(request);
  expect(headers).toMatchObject({ authorization: "Bearer sk-1" });
});

it.each([
  [undefined, "undefined"],
  ["", "an empty string"],
  [" \n", "an empty string"],
  [null, "object"],
  [42, "number"],
])("%j is no key, and that is said before anything is sent", (key, name) => {
  expect(() => apiKeyAuth(key as string)).toThrow(
    expect.objectContaining({ kind: "build", message: expect.stringContaining(`no key but ${name}`) }),
  );
});

it.each([
  ["", "returned an empty string"],
  [{}, "returned a value of type object"],
])("%j of an auth provider is no token: no bearer without one goes out", async (value, words) => {
  const next = new CallCredentials({ bearerToken: () => value as string }, undefined, 0).next(request);
  await expect(next).rejects.toMatchObject({ kind: "build", message: expect.stringContaining(words) });
});

it("headers of any scheme go out with the call, over those of the other methods, and count as secrets", async () => {
  const seen: unknown[] = [];
  const auth = {
    bearerToken: () => "token",
    headers: (asked: unknown) => {
      seen.push(asked);
      return { Authorization: "AgentAssertion abc", "X-Signed": "s1" };
    },
  };
  const { headers, secrets } = await new CallCredentials(auth, undefined, 0).next(request);
  expect(headers).toMatchObject({ authorization: "AgentAssertion abc", "x-signed": "s1" });
  expect(secrets).toEqual(["AgentAssertion abc", "s1"]);
  expect(seen).toEqual([request]);
});

const BASE_URL = "https://api.example/v1";

it.each([
  ["a key", "sk-1", "auth must be an auth provider"],
  ["nothing that an auth provider has", { apiKey: "sk-1" }, "auth has no method bearerToken, accountId or headers"],
  ["a token where its method should be", { bearerToken: "sk-1" }, "bearerToken of the auth provider must be a method"],
])("%s is no auth provider", (_what, auth, words) => {
  expect(() => checkAuth(auth as never, BASE_URL)).toThrow(
    expect.objectContaining({ kind: "build", message: expect.stringContaining(words) }),
  );
  expect(() => checkAuth(noAuth(), BASE_URL)).not.toThrow();
});
