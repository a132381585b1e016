// usage: node .house-split.mjs plan.json ; plan: {source, list?:true, parts:{newfile:[describe index...]}, support:{file, names:[...]}} 
import ts from "typescript";
import fs from "node:fs";
import path from "node:path";
const plan = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const src = fs.readFileSync(plan.source, "utf8");
const sf = ts.createSourceFile("x.ts", src, ts.ScriptTarget.Latest, true);
const imports = [], helpers = [], blocks = [];
const full = (n) => src.slice(n.getFullStart(), n.getEnd()).replace(/^\s*\n/, "\n").replace(/^\n+/, "");
for (const st of sf.statements) {
  if (ts.isImportDeclaration(st)) imports.push(st);
  else if (ts.isExpressionStatement(st)) blocks.push(st);
  else {
    const names = [];
    if (ts.isVariableStatement(st)) for (const d of st.declarationList.declarations) { const add=(b)=>{ if (ts.isIdentifier(b)) names.push(b.text); else for (const e of b.elements) if (e.name) add(e.name);}; add(d.name);} 
    else if (st.name) names.push(st.name.text);
    helpers.push({ st, names });
  }
}
if (plan.list) { blocks.forEach((b, i) => console.log(i, src.slice(0,b.getStart()).split("\n").length, b.getText().split("\n").length, b.getText().split("\n")[0].slice(0, 120))); helpers.forEach(h=>console.log("helper", h.names.join(","), h.st.getText().split("\n").length)); process.exit(); }
const ids = (n) => { const s = new Set(); const v = (x) => { if (ts.isIdentifier(x)) s.add(x.text); ts.forEachChild(x, v); }; v(n); return s; };
const inSupport = new Set(plan.support?.names ?? []);
const rel = (from, to) => { let r = path.posix.relative(path.posix.dirname(from), to); if (!r.startsWith(".")) r = "./" + r; return r; };
function importsFor(file, used) {
  const out = [];
  for (const imp of imports) {
    let spec = imp.moduleSpecifier.text;
    if (spec.startsWith(".")) spec = rel(file, path.posix.join(path.posix.dirname(plan.source), spec));
    const c = imp.importClause;
    if (!c) { out.push(`import "${spec}";`); continue; }
    const nb = c.namedBindings;
    const parts = [];
    if (c.name && used.has(c.name.text)) parts.push(c.name.text);
    if (nb && ts.isNamespaceImport(nb) && used.has(nb.name.text)) parts.push(`* as ${nb.name.text}`);
    if (nb && ts.isNamedImports(nb)) { const k = nb.elements.filter(e => used.has(e.name.text)).map(e => e.getText()); if (k.length) parts.push(`{ ${k.join(", ")} }`); }
    if (parts.length) out.push(`import ${c.isTypeOnly ? "type " : ""}${parts.join(", ")} from "${spec}";`);
  }
  return out;
}
function closure(nodes) {
  const used = new Set(); const need = new Set();
  const add = (n) => { for (const i of ids(n)) { if (used.has(i)) continue; used.add(i); const h = helpers.find(h => h.names.includes(i)); if (h && !need.has(h) && !h.names.some(n => inSupport.has(n))) { need.add(h); add(h.st); } } };
  nodes.forEach(add);
  return { used, need };
}
const count = new Map();
for (const [file, idx] of Object.entries(plan.parts)) {
  const chosen = idx.map(i => blocks[i]);
  const { used, need } = closure(chosen);
  for (const h of need) count.set(h, [...(count.get(h) ?? []), file]);
  const sup = [...inSupport].filter(n => used.has(n));
  const imp = importsFor(file, used);
  if (sup.length) imp.push(`import { ${sup.join(", ")} } from "${rel(file, plan.support.file)}";`);
  // keep order of the statements
  const order = [...sf.statements].filter(s => chosen.includes(s) || [...need].some(h => h.st === s));
  fs.writeFileSync(file, imp.join("\n") + "\n\n" + order.map(full).join("\n\n") + "\n");
}
for (const [h, files] of count) if (files.length > 1) console.log("in several:", h.names.join(","), files.map(f => path.basename(f)).join(" "));
if (plan.support) {
  const moved = helpers.filter(h => h.names.some(n => inSupport.has(n)));
  const saved = inSupport.size; 
  const text = moved.map(h => full(h.st).replace(/^((?:\/\*\*[\s\S]*?\*\/\s*)?)(async function|function|const|type|interface|class)/, "$1export $2")).join("\n\n");
  const used = new Set(); moved.forEach(h => ids(h.st).forEach(i => used.add(i)));
  const imp = importsFor(plan.support.file, used).filter(l => !l.includes(`"./${path.basename(plan.support.file)}"`)).join("\n");
  const old = fs.existsSync(plan.support.file) ? fs.readFileSync(plan.support.file, "utf8") : "";
  fs.writeFileSync(plan.support.file, (imp ? imp + "\n" : "") + old + "\n" + text + "\n");
}
if (!Object.keys(plan.parts).includes(plan.source)) fs.rmSync(plan.source);
