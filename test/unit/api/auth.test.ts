import { expect, it } from "vitest";
import { apiKeyAuth } from "../../../src/api/auth.ts";
import { CallCredentials } from "../../../src/api/service/credentials.ts";

it("a key is sent without the white space that a file or a variable put around it", async () => {
  expect(await new CallCredentials(apiKeyAuth(" sk-1\n"), undefined).headers()).toMatchObject({
    authorization: "Bearer sk-1",
  });
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
  ["", "gave an empty string"],
  [{}, "gave a value of type object"],
])("%j of an auth provider is no token: no bearer without one goes out", async (value, words) => {
  const headers = new CallCredentials({ bearerToken: () => value as string }, undefined).headers();
  await expect(headers).rejects.toMatchObject({ kind: "build", message: expect.stringContaining(words) });
});
