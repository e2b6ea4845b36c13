/**
 * `npm run contract-coverage`: writes docs/contract-coverage.md, every rule of docs/contract.md with the tests that prove it. `-- --print` prints it
 * instead, `-- --root DIR` reads another checkout. Ends with 1 where a test names a rule that the contract does not have.
 *
 * A test proves a rule when its name, together with those of the groups around it, says `rule N.M`, or `rule N.M on the screen` for the half that the
 * contract lists under `Screen halves`. One that is skipped, left to do or expected to fail does not count, nor one in which nothing is expected.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "acorn";
import { transformSync } from "esbuild";
import { root as ownRoot } from "./setup.mjs";

const TEST_FILE = /\.(test|scenario|contract)\.ts$/;
const NAMED = /\brule (\d+\.\d+)( on the screen)?/g;
const GROUPS = new Set(["describe", "suite"]);
const TESTS = new Set(["test", "it"]);
/** What is called first, and gives what is called with the title. */
const CURRIED = new Set(["each", "for", "skipIf", "runIf"]);
const NOT_RUN = new Set(["skip", "todo", "skipIf", "runIf", "fails"]);
/** Files by path: tree, lines and what each name in them stands for. */
const modules = new Map();
/** Of each node that was looked into, the nodes right below it. */
const children = new WeakMap();
/** Functions and constants in which something is expected. */
const expecting = new WeakSet();

/** The sections with their rules; `halves`: what a test may prove, `2.3` and `2.3 on the screen`. */
function readContract(text) {
  const sections = [];
  for (const line of text.split("\n")) {
    const heading = /^## (.+)$/.exec(line)?.[1];
    const [, number, says] = /^- (\d+\.\d+) (.+)$/.exec(line) ?? [];
    if (heading !== undefined) sections.push({ heading, rules: [] });
    if (number !== undefined) sections.at(-1).rules.push({ number, says });
  }
  const numbers = sections.flatMap(({ rules }) => rules.map(({ number }) => number));
  const screen = /^Screen halves: (.+)$/m.exec(text)?.[1].split(", ") ?? [];
  for (const number of screen) if (!numbers.includes(number)) throw new Error(`docs/contract.md lists a screen half of ${number}, which is no rule`);
  return { sections, screen, halves: new Set([...numbers, ...screen.map((number) => `${number} on the screen`)]) };
}

/** For each half that a test proves: where. */
function readProofs(root) {
  const found = new Map();
  for (const file of testFiles(root))
    for (const { name, line, counts } of testsIn(file)) {
      if (!counts) continue;
      for (const [, number, screen] of name.matchAll(NAMED)) {
        const half = `${number}${screen ?? ""}`;
        const place = `${relative(root, file)}:${line}`;
        if (!found.get(half)?.includes(place)) found.set(half, [...(found.get(half) ?? []), place]);
      }
    }
  return found;
}

/** Those that speak of a rule at all, in the order of their paths. */
function testFiles(root) {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
    .flatMap(({ name }) => readdirSync(join(root, name), { recursive: true }).map((path) => join(root, name, path)))
    .filter((path) => TEST_FILE.test(path) && !/\/(node_modules|dist)\//.test(path))
    .sort()
    .filter((path) => /\brule \S/.test(readFileSync(path, "utf8")));
}

function page({ sections, screen }, proofs) {
  const all = sections.flatMap(({ rules }) => rules);
  const proven = all.filter(({ number }) => proofs.has(number)).length;
  const seen = screen.filter((number) => proofs.has(`${number} on the screen`)).length;
  return `# Contract coverage

Written by \`npm run contract-coverage\` from [contract.md](contract.md) and the names of the tests; a test compares.
Skipped tests and tests that expect nothing do not count.

${proven} of ${all.length} rules have a test, ${seen} of ${screen.length} screen halves.

${sections.map((section) => sectionText(section, screen, proofs)).join("\n\n")}
`;
}

function sectionText({ heading, rules }, screen, proofs) {
  const rows = rules.map(({ number, says }) => {
    const halves = [placesOf(number, proofs), ...(screen.includes(number) ? [`screen: ${placesOf(`${number} on the screen`, proofs)}`] : [])];
    return `| ${number} | ${shortened(says)} | ${halves.join("; ")} |`;
  });
  return [`## ${heading}`, "", "| rule | | tests |", "| --- | --- | --- |", ...rows].join("\n");
}

function placesOf(half, proofs) {
  const places = proofs.get(half);
  if (places === undefined) return "open";
  return places.map((place) => `[${place}](../${place.replace(/:(\d+)$/, "#L$1")})`).join(", ");
}

/** The beginning of a rule, so that one knows which it is. */
function shortened(says) {
  const plain = says.replaceAll("|", "/");
  if (plain.length <= 80) return plain;
  return `${plain.slice(0, 80).replace(/\s+\S*$/, "")} …`;
}

/** The tests of a file by their full names. It is read, not run: esbuild takes the types away, acorn gives the tree. */
function testsIn(file) {
  const { tree, lineAt } = moduleOf(file);
  const found = [];
  const visit = (node, names, runs) => {
    const call = node.type === "CallExpression" ? calledTest(node) : undefined;
    if (call === undefined) {
      for (const child of childrenOf(node)) visit(child, names, runs);
      return;
    }
    const [title, ...rest] = node.arguments;
    const runsHere = runs && !call.words.some((word) => NOT_RUN.has(word)) && !rest.some(isOptionsThatSkip);
    for (const name of titlesOf(title, call.rows))
      if (GROUPS.has(call.base)) for (const child of rest) visit(child, [...names, name], runsHere);
      else found.push({ name: [...names, name].join(" > "), line: lineAt(node.loc.start), counts: runsHere && rest.some((body) => expects(body, file)) });
  };
  visit(tree, [], true);
  return found;
}

/** Takes `test.concurrent.each(rows)("title", …)` apart; undefined: the call makes neither test nor group. */
function calledTest({ callee }) {
  if (callee.type === "MemberExpression" && CURRIED.has(callee.property.name)) return undefined; // `test.each(rows)` has no title yet
  const words = [];
  let rows;
  let node = callee;
  while (node.type !== "Identifier")
    if (node.type === "MemberExpression") {
      words.push(node.property.name);
      node = node.object;
    } else if (node.type === "CallExpression") {
      [rows] = node.arguments;
      node = node.callee;
    } else if (node.type === "TaggedTemplateExpression") node = node.tag;
    else return undefined;
  return GROUPS.has(node.name) || TESTS.has(node.name) ? { base: node.name, words, rows } : undefined;
}

/** A title as it stands; of one for each row of a list that stands there too, one for each row. */
function titlesOf(title, rows) {
  const text = textOf(title);
  if (rows?.type !== "ArrayExpression" || !/%s|\$\w/.test(text)) return [text];
  return rows.elements.map((row) => {
    const cells = row?.type === "ArrayExpression" ? [...row.elements] : [row];
    const keys = new Map((row?.properties ?? []).flatMap(({ key, value }) => (key === undefined ? [] : [[key.name ?? key.value, textOf(value)]])));
    return text.replace(/%[sdifjo]/g, () => textOf(cells.shift())).replace(/\$(\w+)/g, (_, key) => keys.get(key) ?? "…");
  });
}

function textOf(node) {
  if (node?.type === "Literal") return String(node.value);
  if (node?.type === "TemplateLiteral") return node.quasis.map(({ value }) => value.cooked).join("…");
  if (node?.type === "BinaryExpression" && node.operator === "+") return `${textOf(node.left)}${textOf(node.right)}`;
  return "…";
}

/** `{ skip: true }` between title and body. */
function isOptionsThatSkip({ type, properties }) {
  return type === "ObjectExpression" && properties.some(({ key, value }) => NOT_RUN.has(key?.name ?? key?.value) && value?.value !== false);
}

/** Whether something is expected in it, or in a function of ours that it names. */
function expects(node, file, seen = new Set()) {
  if (isExpectation(node)) return true;
  if (node.type === "Identifier") {
    const named = resolved(node.name, file);
    if (named === undefined || seen.has(named.node)) return false;
    if (expecting.has(named.node)) return true;
    seen.add(named.node);
    const found = expects(named.node, named.file, seen);
    if (found) expecting.add(named.node);
    return found;
  }
  return childrenOf(node).some((child) => expects(child, file, seen));
}

/** `expect(value).matcher()`, `expect(value).not.matcher()`, `assert(…)`, `assert.equal(…)`. `expect.hasAssertions()` expects nothing. */
function isExpectation(node) {
  if (node.type !== "CallExpression") return false;
  let given = false;
  let base = node.callee;
  for (; base.type === "MemberExpression" || base.type === "CallExpression"; base = base.type === "MemberExpression" ? base.object : base.callee)
    given ||= base.type === "CallExpression";
  return base.type === "Identifier" && ((base.name === "expect" && given) || base.name === "assert");
}

/** What a name stands for: a function or constant of the file, or of the file of ours that it is imported from. */
function resolved(name, file) {
  const { declared, imported } = moduleOf(file);
  if (declared.has(name)) return { node: declared.get(name), file };
  const from = imported.get(name);
  return from !== undefined && existsSync(from.file) ? resolved(from.name, from.file) : undefined;
}

function moduleOf(file) {
  if (modules.has(file)) return modules.get(file);
  const { code, map } = transformSync(readFileSync(file, "utf8"), { loader: "ts", sourcemap: true, sourcefile: file, target: "esnext" });
  const tree = parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true });
  const declared = new Map();
  const imported = new Map();
  for (const statement of tree.body) {
    const { type, declarations, id, init: _, ...rest } = statement.declaration ?? statement;
    if (type === "FunctionDeclaration") declared.set(id.name, rest.body);
    if (type === "VariableDeclaration")
      for (const each of declarations) if (each.id.type === "Identifier" && each.init !== null) declared.set(each.id.name, each.init);
    if (statement.source?.value.startsWith(".") && statement.type === "ImportDeclaration")
      for (const { local, imported: original } of statement.specifiers)
        if (original !== undefined) imported.set(local.name, { name: original.name, file: join(dirname(file), statement.source.value) });
  }
  let lineAt;
  const found = { tree, declared, imported, lineAt: (at) => (lineAt ??= linesOf(JSON.parse(map).mappings))(at) };
  modules.set(file, found);
  return found;
}

/** Children of a node in the tree, but not the names of properties. What many tests name is walked through for each of them. */
function childrenOf(node) {
  let found = children.get(node);
  if (found !== undefined) return found;
  found = [];
  for (const key in node) {
    if (key === "loc" || (!node.computed && (key === "property" || key === "key"))) continue;
    const value = node[key];
    for (const each of Array.isArray(value) ? value : [value]) if (typeof each?.type === "string") found.push(each);
  }
  children.set(node, found);
  return found;
}

/** From a place in esbuild's text to the line of the file. Source map, revision 3: base64 VLQ, differences from one segment to the next. */
function linesOf(mappings) {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let line = 0;
  const segments = mappings.split(";").map((text) => {
    let column = 0;
    return (text === "" ? [] : text.split(",")).map((segment) => {
      const numbers = [];
      let [value, shift] = [0, 0];
      for (const letter of segment) {
        const digit = digits.indexOf(letter);
        value += (digit & 31) << shift;
        shift += 5;
        if (digit & 32) continue;
        numbers.push(value & 1 ? -(value >> 1) : value >> 1);
        [value, shift] = [0, 0];
      }
      column += numbers[0];
      line += numbers[2] ?? 0;
      return { column, line };
    });
  });
  return (at) => (segments[at.line - 1].findLast(({ column }) => column <= at.column)?.line ?? 0) + 1;
}

/**
 * What the tests of a checkout prove.
 *
 * @returns {{ page: string, complaints: string[] }} the document; a line for each half that a test names and the contract has not
 */
export function contractCoverage(root) {
  const contract = readContract(readFileSync(join(root, "docs", "contract.md"), "utf8"));
  const proofs = readProofs(root);
  const unknown = [...proofs].filter(([half]) => !contract.halves.has(half));
  return {
    page: page(contract, proofs),
    complaints: unknown.map(([half, places]) => `docs/contract.md has no rule ${half}, which ${places.join(" and ")} names`),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = process.argv.indexOf("--root");
  const root = option === -1 ? ownRoot : process.argv[option + 1];
  const { page: text, complaints } = contractCoverage(root);
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
  if (complaints.length > 0) process.exitCode = 1;
  else if (process.argv.includes("--print")) process.stdout.write(text);
  else writeFileSync(join(root, "docs", "contract-coverage.md"), text);
}
