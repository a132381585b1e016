import { expect, it } from "vitest";
import { apiKeyAuth, checkAuth, noAuth } from "../../../src/api/auth.ts";
import { CallCredentials } from "../../../src/api/service/credentials.ts";

const request = {
  carrier: "http",
  method: "POST",
  url: "https://api.openai.com/v1/responses",
  body: undefined,
} as const;

it("a key is sent without surrounding white space, as files and variables add it", async () => {
  const { headers } = await new CallCredentials(apiKeyAuth(" sk-1\n"), 0).next(request);
  expect(headers).toMatchObject({ authorization: "Bearer sk-1" });
});

it.each([
  [undefined, "undefined"],
  ["", "an empty string"],
  [" \n", "an empty string"],
  [null, "object"],
  [42, "number"],
])("%j is refused as a key before anything is sent", (key, name) => {
  expect(() => apiKeyAuth(key as string)).toThrow(
    expect.objectContaining({ kind: "build", message: expect.stringContaining(`no key but ${name}`) }),
  );
});

// parity: auth/key-alone
it.each(['"sk-1"', "'sk-1'", "Bearer sk-1"])("%s is refused as a key: only the key alone is one", (key) => {
  expect(() => apiKeyAuth(key)).toThrow(
    expect.objectContaining({ kind: "build", message: expect.stringMatching(/^the API key must be the key alone/) }),
  );
});

it.each([
  ["", "returned an empty string"],
  [{}, "returned a value of type object"],
])("%j from an auth provider is refused as a token: no empty bearer is sent", async (value, words) => {
  const next = new CallCredentials({ bearerToken: () => value as string }, 0).next(request);
  await expect(next).rejects.toMatchObject({ kind: "build", message: expect.stringContaining(words) });
});

it("headers of any scheme are sent with the call, overwrite those of the other methods, and count as secrets", async () => {
  const seen: unknown[] = [];
  const auth = {
    bearerToken: () => "token",
    headers: (asked: unknown) => {
      seen.push(asked);
      return { Authorization: "AgentAssertion abc", "X-Signed": "s1" };
    },
  };
  const { headers, secrets } = await new CallCredentials(auth, 0).next(request);
  expect(headers).toMatchObject({ authorization: "AgentAssertion abc", "x-signed": "s1" });
  expect(secrets).toEqual(["AgentAssertion abc", "s1"]);
  expect(seen).toEqual([request]);
});

const BASE_URL = "https://api.example/v1";

it.each([
  ["a key", "sk-1", "your own, and is a value of type string"],
  ["an object without any of its methods", { apiKey: "sk-1" }, "auth has no method bearerToken, accountId or headers"],
  ["a token in place of its method", { bearerToken: "sk-1" }, "bearerToken of the auth provider must be a method"],
])("%s is refused as an auth provider", (_what, auth, words) => {
  expect(() => checkAuth(auth as never, BASE_URL)).toThrow(
    expect.objectContaining({ kind: "build", message: expect.stringContaining(words) }),
  );
  expect(() => checkAuth(noAuth(), BASE_URL)).not.toThrow();
});
