import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeEach, expect, onTestFinished, test } from "vitest";

const BIN = fileURLToPath(new URL("../bin", import.meta.url));

let root: string;
/** A checkout whose compiler wrote a program that says `compiled`, and whose bundles say `bundled` and, that of a controller, `controller`. */
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  root = join(folder, "portico");
  cpSync(BIN, join(root, "cli", "bin"), { recursive: true });
  copyFileSync(fileURLToPath(new URL("../package.json", import.meta.url)), join(root, "cli", "package.json"));
  for (const [file, says] of [
    ["dist/main.js", "compiled"],
    ["bundle/main.cjs", "bundled"],
    ["bundle/controller-program.cjs", "controller"],
  ] as const) {
    mkdirSync(join(root, "cli", file, ".."), { recursive: true });
    writeFileSync(join(root, "cli", file), `console.log(${JSON.stringify(says)});\n`);
  }
  mkdirSync(join(root, "card-protocol", "dist"), { recursive: true });
  compile("card-protocol", 1);
  compile("cli", 1);
});

function compile(workspace: string, build: number): void {
  writeFileSync(join(root, workspace, "dist", `${build}.tsbuildinfo`), "{}");
}

function bundled(): void {
  const stamp = spawnSync(process.execPath, [
    "--input-type=module",
    "-e",
    `import { builtFrom } from ${JSON.stringify(pathToFileURL(join(root, "cli", "bin", "built-from.js")).href)}; process.stdout.write(JSON.stringify(builtFrom()))`,
  ]);
  writeFileSync(join(root, "cli", "bundle", "built-from.json"), stamp.stdout);
}

const says = (...words: string[]): string => spawnSync(process.execPath, [join(root, "cli", "bin", "portico.js"), ...words], { encoding: "utf8" }).stdout;

test("the bundle of this build is what runs", () => {
  bundled();
  expect(says()).toBe("bundled\n");
});

test("a controller runs from the bundle that holds nothing else, every other command from that of all", () => {
  bundled();
  expect([says("controller", "run"), says("controller", "run", "--config", "portico.toml")]).toEqual(["controller\n", "controller\n"]);
  for (const words of [
    ["controller"],
    ["controller", "key"],
    ["run"],
    ["run", "controller"],
    ["--version", "controller", "run"],
    ["controller", "--help", "run"],
  ])
    expect(says(...words), words.join(" ")).toBe("bundled\n");
});

test("what a bundle loads when it needs it is there, whether the engine compiles the bundle or has kept what it made of it", () => {
  const file = join(root, "cli", "bundle", "main.cjs");
  writeFileSync(
    file,
    'portico_import("file-type").then(({ fileTypeFromBuffer }) => console.log(typeof fileTypeFromBuffer, typeof require("nodemailer").createTransport));\n',
  );
  symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), join(root, "node_modules"));
  bundled();
  expect(says()).toBe("function function\n");
  const keep = `import { codeCacheOf, compileBundle } from ${JSON.stringify(pathToFileURL(join(root, "cli", "bin", "compile-bundle.js")).href)};
    import { writeFileSync } from "node:fs";
    writeFileSync(codeCacheOf(${JSON.stringify(file)}), compileBundle(${JSON.stringify(file)}).script.createCachedData());`;
  expect(spawnSync(process.execPath, ["--input-type=module", "-e", keep], { encoding: "utf8" })).toMatchObject({ status: 0 });
  expect(readdirSync(join(root, "cli", "bundle")).some((name) => name.endsWith(".cache"))).toBe(true);
  expect(says()).toBe("function function\n");
});

test("a workspace that was compiled behind the bundle is not run as it was before", () => {
  bundled();
  compile("card-protocol", 2);
  expect([says(), says("controller", "run")]).toEqual(["compiled\n", "compiled\n"]);
});

test("a bundle that was not finished is not run", () => {
  expect(says()).toBe("compiled\n");
});

test("what the engine has kept of another bundle, or of another Node, is left aside", () => {
  bundled();
  const module = pathToFileURL(join(root, "cli", "bin", "compile-bundle.js")).href;
  const script = `import { codeCacheOf } from ${JSON.stringify(module)}; process.stdout.write(codeCacheOf(process.argv[1]))`;
  const bundle = join(root, "cli", "bundle", "main.cjs");
  const { stdout: cache } = spawnSync(process.execPath, ["--input-type=module", "-e", script, bundle], { encoding: "utf8" });
  expect(dirname(cache)).toBe(dirname(bundle));
  writeFileSync(cache, "nothing that any engine made");
  expect(says()).toBe("bundled\n");
});
