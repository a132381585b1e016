import { expect, it } from "vitest";
import { RequestBody } from "../../../../src/api/service/body.ts";
import { HttpError } from "../../../../src/client/failure/kinds.ts";
import { silentLogger } from "../../../../src/client/observe/log.ts";

const refusal = (status: number) => new HttpError("refused", { status, headers: {}, body: "" });

it("is compressed until a server refuses that, and then is the plain text", async () => {
  const body = await RequestBody.of({ a: 1 }, "gzip", silentLogger);
  expect(body.encoding).toBe("gzip");
  expect(body.uncompressedAfter(refusal(500))).toBe(false);
  expect(body.uncompressedAfter(refusal(415))).toBe(true);
  expect([Buffer.from(body.joined).toString(), body.encoding]).toEqual(['{"a":1}', undefined]);
  expect(body.uncompressedAfter(refusal(415))).toBe(false);
});

it.each([
  ["an answer", { status: 200 }, true],
  ["another refusal", refusal(429), true],
  ["the same refusal", refusal(400), false],
])("the answer to the plain body shows whether the compression was refused: %s", async (_what, fate, isShown) => {
  const body = await RequestBody.of({}, "gzip", silentLogger);
  expect(body.refusalOfCompression({ status: 200 })).toBeUndefined();
  const reason = refusal(400);
  body.uncompressedAfter(reason);
  expect(body.refusalOfCompression(fate)).toBe(isShown ? reason : undefined);
});
