import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/** A file of the project, read as text. */
export interface ProjectFile {
  /** From the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export function readProjectFile(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The TypeScript files below a folder of the project. */
export function typescriptFiles(folder: string): ProjectFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .map((path) => ({ path, text: readProjectFile(path) }));
}
