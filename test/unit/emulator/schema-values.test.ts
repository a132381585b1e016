import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Fields } from "../../../src/emulator/fields.ts";
import { valueFor } from "../../../src/emulator/model/schema-values.ts";

const PROMPTS = ["hello", "Give me 3 things in Paris, 7.5 of them and -2"];

const List = z.object({
  value: z.string(),
  get next() {
    return List.nullable();
  },
});
const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree);
  },
});
const Sum = z.object({
  sign: z.enum(["+"]),
  get left(): z.ZodUnion<readonly [z.ZodNumber, typeof Sum]> {
    return z.union([z.number(), Sum]);
  },
  get right(): z.ZodUnion<readonly [typeof Sum, z.ZodNumber]> {
    return z.union([Sum, z.number()]);
  },
});
const deep = Array.from({ length: 20 }).reduce<z.ZodType>((inner) => z.object({ inner, text: z.string() }), z.string());

describe("a value fits its schema:", () => {
  it.each<[what: string, schema: z.ZodType]>([
    ["a list", List],
    ["a tree", Tree],
    ["operands that may be sums again", Sum],
    ["twenty objects in each other", deep],
    [
      "a date and a time",
      z.object({ at: z.iso.datetime(), day: z.iso.date(), time: z.iso.time(), span: z.iso.duration() }),
    ],
    ["addresses", z.object({ a: z.ipv4(), b: z.ipv6(), c: z.hostname(), d: z.url(), e: z.email(), f: z.uuid() })],
    ["a text of a pattern", z.object({ code: z.string().regex(/^[A-Z]{3}-\d+$/), one: z.string().regex(/^\d$/) })],
    ["texts of a length", z.object({ path: z.string().max(3), location: z.string().min(50) })],
    ["numbers beyond a bound", z.object({ a: z.number().gt(10), b: z.number().negative(), c: z.int().gt(10).lt(12) })],
    ["numbers in steps", z.object({ a: z.number().multipleOf(5), b: z.number().multipleOf(0.1).min(0.25) })],
    ["a tuple", z.object({ pair: z.tuple([z.string(), z.number()]) })],
    [
      "two objects in one",
      z.object({ both: z.intersection(z.object({ x: z.number() }), z.object({ y: z.string() })) }),
    ],
    [
      "commands",
      z.object({
        command: z.array(z.string()),
        commands: z.array(z.string()).max(1),
        script: z.array(z.string()).min(5),
      }),
    ],
    ["lists", z.object({ none: z.array(z.string()).max(0), some: z.array(z.array(z.int()).min(2)).min(3).max(4) })],
  ])("%s", (_what, schema) => {
    for (const target of ["draft-7", "draft-2020-12"] as const)
      for (const prompt of PROMPTS)
        schema.parse(valueFor(z.toJSONSchema(schema, { target }) as Fields, { prompt, answer: "An answer." }));
  });

  it("a number between any bounds, in any steps", () => {
    const bound = fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined });
    const options = fc.record({
      type: fc.constantFrom("number", "integer"),
      ...{ minimum: bound, exclusiveMinimum: bound, maximum: bound, exclusiveMaximum: bound },
      multipleOf: fc.option(fc.constantFrom(1, 2, 7, 0.5), { nil: undefined }),
    });
    const fits = ({ minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf, type }: Fields, value: number) =>
      [minimum, exclusiveMinimum, maximum, exclusiveMaximum].every((each, place) => {
        if (typeof each !== "number") return true;
        return [value >= each, value > each, value <= each, value < each][place];
      }) &&
      (typeof multipleOf !== "number" || Number.isInteger(value / multipleOf)) &&
      (type === "number" || Number.isInteger(value));
    fc.assert(
      fc.property(options, fc.constantFrom("hi", "3", "40", "0.5"), (schema, prompt) => {
        // Whole numbers and halves are all that these bounds and steps need.
        fc.pre(Array.from({ length: 600 }, (_, index) => index / 4 - 75).some((value) => fits(schema, value)));
        const made = valueFor(schema, { prompt, answer: "" });
        expect(fits(schema, Number(made)), `${made} for ${JSON.stringify(schema)}`).toBe(true);
      }),
    );
  });
});

it("a schema that wants too much gets as much as there is memory for", () => {
  const many = {
    type: "array",
    minItems: 1e9,
    items: { type: "array", minItems: 1e9, items: { type: "string", minLength: 1e9 } },
  };
  expect(JSON.stringify(valueFor(many, { prompt: "hi", answer: "" })).length).toBeLessThan(2e6);
});
