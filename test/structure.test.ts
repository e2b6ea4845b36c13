import { readdirSync, readFileSync } from "node:fs";
import { basename, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Who may import whom; a package may always import itself. The table of docs/architecture.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "card-protocol": [],
  "firmware-ts": ["card-protocol"],
  controller: ["card-protocol", "firmware-ts"],
  "cloud-sync": ["card-protocol"],
  simulator: ["card-protocol", "firmware-ts", "controller", "cloud-sync"],
  cli: ["card-protocol", "firmware-ts", "controller", "cloud-sync", "simulator"],
};
/** Pure parts: no platform, no time, no chance. */
const PURE = /^(card-protocol\/src\/(?!node\/)|[^/]+\/src\/core\/)/;
/** Where the real clock and the real generator are made. */
const MAKES_TIME_AND_CHANCE = /\/(main|system-clock|system-random|system-surroundings)\.ts$/;
const AMBIENT =
  /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(|\brandomUUID\(|\bhrtime\b|import\b[^;]*\b(?:randomBytes|randomUUID|getRandomValues|randomInt)\b[^;]*\bfrom "node:crypto"/;
const PLATFORM = /\bBuffer\b|\bprocess\.|\bglobalThis\.crypto\b/;
const BANNED_WORDS = ["manager", "service", "handler", "helper", "util", "utils", "common", "misc", "data", "info", "process"];
/** What a campus offers are services in the field's words, too: the definitions of these, and nothing else, may be called so. */
const DEFINES_CAMPUS_SERVICES = /^cloud-sync\/src\/services\//;
const LINES_MAX = 300;

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = Object.keys(MAY_IMPORT).flatMap((pkg) =>
  filesUnder(`${pkg}/src`)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => ({ pkg, path, text: readFileSync(join(root, path), "utf8") })),
);
const shipped = sources.filter(({ path }) => !path.endsWith(".test.ts"));

test("there are sources in every package of the arrows", () => {
  expect([...new Set(sources.map(({ pkg }) => pkg))]).toEqual(Object.keys(MAY_IMPORT));
});

test.each(sources)("$path imports along the arrows, other packages by name alone", ({ pkg, path, text }) => {
  const against = importsOf(text).filter((target) => {
    const named = /^@portico\/([^/]+)/.exec(target)?.[1];
    if (named !== undefined) return named !== pkg && !MAY_IMPORT[pkg]!.includes(named);
    return target.startsWith(".") && !normalize(join(path, "..", target)).startsWith(`${pkg}/`);
  });
  expect(against).toEqual([]);
});

test.each(sources.filter(({ path }) => PURE.test(path) && !path.endsWith(".test.ts")))("$path is pure", ({ text }) => {
  expect(importsOf(text).filter((target) => target.startsWith("node:"))).toEqual([]);
  expect(PLATFORM.exec(withoutComments(text))?.[0], "reaches for the platform").toBeUndefined();
});

test.each(sources.filter(({ path }) => !MAKES_TIME_AND_CHANCE.test(path)))("$path takes time and chance as arguments", ({ text }) => {
  expect(AMBIENT.exec(withoutComments(text))?.[0]).toBeUndefined();
});

test.each(shipped)("$path is of readable size and named in the field's words", ({ path, text }) => {
  expect(text.split("\n").length).toBeLessThanOrEqual(LINES_MAX);
  expect(path).toMatch(/^[a-z0-9./-]+$/);
  const names = [basename(path).replace(/\.tsx?$/, ""), ...definedNames(text)];
  const banned = DEFINES_CAMPUS_SERVICES.test(path) ? BANNED_WORDS.filter((word) => word !== "service") : BANNED_WORDS;
  expect(names.filter((name) => words(name).some((word) => banned.includes(word)))).toEqual([]);
});

test("no file comes back to itself by way of what it imports, types among it: what two speak of stands in a third", () => {
  const known = new Map(shipped.map(({ path, text }) => [path, importsOf(text).filter((target) => target.startsWith(".")).map((target) => normalize(join(path, "..", target)))])); // prettier-ignore
  // Whoever imports nothing that is left is in no circle; what stays in the end is, or imports one that is.
  for (let before = -1; before !== known.size;) {
    before = known.size;
    for (const [path, targets] of known) if (!targets.some((target) => known.has(target))) known.delete(path);
  }
  expect([...known.keys()].filter((path) => [...known.values()].some((targets) => targets.includes(path)))).toEqual([]);
});

test("each package declares exactly the packages it imports, along the arrows", () => {
  for (const pkg of Object.keys(MAY_IMPORT)) {
    const manifest = JSON.parse(readFileSync(join(root, pkg, "package.json"), "utf8")) as { dependencies: Record<string, string> };
    const declared = Object.keys(manifest.dependencies).filter((name) => name.startsWith("@portico/"));
    expect(
      declared.map((name) => name.slice(9)).filter((name) => !MAY_IMPORT[pkg]!.includes(name)),
      pkg,
    ).toEqual([]);
    const imported = new Set(shipped.filter((file) => file.pkg === pkg).flatMap(({ text }) => importsOf(text).map(packageOf)));
    for (const name of imported)
      if (name !== undefined && name !== `@portico/${pkg}`) expect(Object.keys(manifest.dependencies), `${pkg} imports ${name}`).toContain(name);
  }
});

test("nothing tracked names a download host, a skipped test, or a mock of our own modules", () => {
  expect(/"resolved": "https?:/.exec(readFileSync(join(root, "package-lock.json"), "utf8"))).toBeNull();
  const tests = [...sources, ...filesUnder("simulator/scenarios").map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))].filter(({ path }) =>
    /\.(test|scenario)\.ts$/.test(path),
  );
  for (const { path, text } of tests) {
    expect(/\b(?:it|test|describe)\(\s*["'`]\d+\.\d+ /.exec(text)?.[0], `${path}: a rule of the contract is named as in "rule 2.7: …"`).toBeUndefined();
    expect(/\b(it|test|describe)\.(skip|todo|only)\b|\bvi\.(mock|fn|spyOn|useFakeTimers)\(/.exec(text)?.[0], path).toBeUndefined();
  }
});

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => normalize(join(entry.parentPath, entry.name)).slice(root.length))
    .sort();
}

/** What a file imports: static, re-exported, dynamic, type-only and required. */
function importsOf(text: string): string[] {
  const statements =
    /^\s*(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']|\brequire(?:\.resolve)?\s*\(\s*["']([^"']+)["']/gm;
  return [...withoutComments(text).matchAll(statements)].map(([, named, bare, dynamic, required]) => (named ?? bare ?? dynamic ?? required)!);
}

function packageOf(target: string): string | undefined {
  if (target.startsWith(".") || target.startsWith("node:")) return undefined;
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
const definedNames = (text: string): string[] =>
  [...withoutComments(text).matchAll(/\b(?:function|class|interface|type|const|let)\s+([A-Za-z_$][\w$]*)/g)].map(([, name]) => name!);
const words = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
