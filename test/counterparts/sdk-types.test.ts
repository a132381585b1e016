import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

/** As if it lay here; it is never written. */
const FILE = join(import.meta.dirname, "assignments.mts").replaceAll("\\", "/");
const SDK = join(import.meta.dirname, "../../.cache/counterparts/node_modules/openai").replaceAll("\\", "/");
const OURS = "../../src/index.ts";

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  types: ["node"],
  typeRoots: [join(import.meta.dirname, "../../node_modules/@types")],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

const HELPERS = `
// An interface has no index signature; what it says of its fields counts here.
type Plain<T> = T extends string ? T : T extends readonly (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
// The paths of theirs that ours does not name, however deep; what is open in ours, as the fields of an item are, has every name.
type Keys<O> = O extends unknown ? keyof O : never;
type At<O, K> = O extends unknown ? (K extends keyof O ? O[K] : never) : never;
type Missing<T, O, P extends string = ""> = T extends string | number | boolean | null | undefined | readonly unknown[]
  ? never
  : unknown extends O ? never : { [K in keyof T & string]-?: K extends Keys<O> ? Missing<T[K], At<O, K>, \`\${P}\${K}.\`> : \`\${P}\${K}\` }[keyof T & string];
type None<M> = [M] extends [never] ? "none" : M;
`;

/** The compiler's messages about a program. `Ours` are our exports; `Images`, `Files` and `Realtime` are the SDK's. */
function complaintsOf(program: string): string[] {
  const source = [
    `import type * as Ours from "${OURS}";`,
    `import type * as Images from "${SDK}/resources/images.js";`,
    `import type * as Files from "${SDK}/resources/files.js";`,
    `import type * as Realtime from "${SDK}/resources/realtime/realtime.js";`,
    HELPERS,
    program,
  ].join("\n");
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === FILE || fileExists(path);
  host.getSourceFile = (path, ...more) =>
    path === FILE ? ts.createSourceFile(path, source, ts.ScriptTarget.ES2022) : getSourceFile(path, ...more);
  const compiled = ts.createProgram([FILE], OPTIONS, host);
  const file = compiled.getSourceFile(FILE);
  return ts
    .getPreEmitDiagnostics(compiled, file)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

/** Each a type of the SDK's that must fit one of ours: what its users send we can send, what the service answers them we can name. */
const FITS: readonly (readonly [theirs: string, ours: string])[] = [
  ["Omit<Images.ImageGenerateParamsBase, 'model' | 'stream'> & { model: string }", "Ours.ImageGenerationRequest"],
  [
    "Omit<Images.ImageEditParamsBase, 'image' | 'mask' | 'markup' | 'stream'>",
    "Omit<Ours.ImageEditRequest, 'images' | 'mask'>",
  ],
  ["Plain<Required<Images.ImagesResponse>>", "Ours.ImageResponse"],
  ["Plain<Files.FileObject>", "Ours.FileObject"],
  ["Files.FilePurpose", "Ours.FilePurpose"],
  ["Realtime.RealtimeSessionCreateRequest", "Ours.RealtimeSession"],
  ["Realtime.RealtimeTranscriptionSessionCreateRequest", "Ours.RealtimeSession"],
  ["Realtime.RealtimeResponseCreateParams", "Ours.RealtimeResponseParameters"],
  ["Realtime.ConversationItem", "Ours.RealtimeItem"],
];

function programOf(line: (pair: (typeof FITS)[number], index: number) => string): string {
  return FITS.map(line).join("\n");
}

// Each with a mistake at the end, which the compiler has to find, and nothing else.

it("the SDK's requests and answers fit our types", { timeout: 120_000 }, () => {
  const program = programOf(
    ([theirs, ours], index) => `declare const t${index}: ${theirs}; export const o${index}: ${ours} = t${index};`,
  );
  const mistake = "export const ours: Ours.ImageGenerationRequest = { model: 'm', prompt: 1 };";
  expect(complaintsOf(`${program}\n${mistake}`)).toEqual(["Type 'number' is not assignable to type 'string'."]);
});

it("every field of them has its name in our types, however deep", { timeout: 120_000 }, () => {
  const program = programOf(
    ([theirs, ours], index) => `export const m${index}: None<Missing<${theirs}, ${ours}>> = "none";`,
  );
  const mistake = 'export const m: None<Missing<{ audio: { input: { smell: 1 } } }, Ours.RealtimeSession>> = "none";';
  expect(complaintsOf(`${program}\n${mistake}`)).toEqual([expect.stringContaining('"audio.input.smell"')]);
});
