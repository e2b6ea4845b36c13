import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("what runs a controller holds neither the cloud nor the simulator, no other command, and words for problems in one language", async () => {
  const { APART } = (await import(new URL("../../scripts/bundle.mjs", import.meta.url).href)) as { readonly APART: readonly string[] };
  const { metafile } = await build({
    absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
    entryPoints: ["cli/src/controller-program.ts"],
    outfile: "controller-program.cjs",
    bundle: true,
    format: "cjs",
    platform: "node",
    conditions: ["portico-source"],
    define: { "import.meta.url": '""' },
    external: APART.flatMap((name) => [name, `${name}/*`]),
    write: false,
    metafile: true,
  });
  const held = Object.entries(metafile.outputs["controller-program.cjs"]!.inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []));
  expect(held).toEqual(expect.arrayContaining(["cli/src/controller-run.ts", "controller/src/controller.ts"]));
  const foreign = /^(cloud-sync|simulator|bench)\/|^cli\/src\/(program|controller|door|cloud.*|sandbox.*|sim.*)\.ts$|\/zod\/.*\/locales\/(?!en\.|index\.)/;
  expect(held.filter((file) => foreign.test(file))).toEqual([]);
});
