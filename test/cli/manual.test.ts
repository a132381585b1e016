import { expect, test } from "vitest";
import { commands } from "../../src/cli/catalogue.ts";
import { manualOf } from "../support/cli/page.ts";

// `npm run manual` writes the page anew.
test("docs/cli.md matches the command's option tables", async () => {
  await expect(await manualOf(commands)).toMatchFileSnapshot("../../docs/cli.md");
});
