import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import type { CloudConfiguration } from "./cloud-configuration.ts";
import { EXIT, Failure } from "./failure.ts";
import { siteId } from "./pass-input.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format } from "./table.ts";
import { formatOption, noun, verb } from "./verb.ts";
import { typedPath } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";
import { counted } from "./counted.ts";

/** `portico cloud config`: cloud.toml. */
export function cloudConfigNoun(surroundings: Surroundings): Command {
  return noun(
    "config",
    "a cloud's configuration file, cloud.toml",
    [
      ["portico cloud config init /etc/portico/cloud.toml --site demo-campus", "write a commented example"],
      ["portico cloud config check /etc/portico/cloud.toml", "every mistake with its line and what to write"],
    ],
    [initVerb(surroundings), checkVerb(surroundings)],
  );
}

function initVerb(surroundings: Surroundings): Command {
  return verb("init <file>", "write a commented configuration, valid as it stands", [
    ["portico cloud config init ./cloud.toml --site demo-campus", "with SQLite; the lines for PostgreSQL stand in it as comments"],
  ])
    .addOption(new Option("--site <id>", "the site that everything is signed for").argParser(siteId).makeOptionMandatory())
    .option("--force", "replace a file that is there")
    .action(async (typed: string, { site, force }: { readonly site: string; readonly force?: true }) => {
      const { exampleCloudConfiguration } = await import("./cloud-configuration.ts");
      const file = typedPath(surroundings, typed);
      mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
      try {
        writeFileSync(file, exampleCloudConfiguration(site), { flag: force ? "w" : "wx" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        throw new Failure(EXIT.refused, "a configuration is there already", file, "edit it, or replace it with --force");
      }
      surroundings.terminal.out(`${file}\n`);
      surroundings.terminal.err("next: edit it, then portico cloud config check\n");
    });
}

function checkVerb(surroundings: Surroundings): Command {
  return verb("check <file>", "judge a cloud's configuration file; exit code 2 with any mistake", [
    ["portico cloud config check /etc/portico/cloud.toml", "nothing is opened: whether the store answers, the start tells"],
  ])
    .addOption(formatOption())
    .action(async (typed: string, options: { readonly format?: Format }) => {
      const { terminal } = surroundings;
      const isLines = chosenFormat(terminal, options.format) === "jsonl";
      const file = typedPath(surroundings, typed);
      const configuration = await readOrFail(surroundings, file, isLines);
      const { site, timeZone, listen, dataFolder, store } = configuration;
      const place = `${listen.host.includes(":") ? `[${listen.host}]` : listen.host}:${listen.port}`;
      if (configuration.logInFile !== undefined) {
        const { readLogInFile } = await import("@portico/cloud-sync");
        readLogInFile(configuration.logInFile); // its mistakes are told by line, as the start would
      }
      if (configuration.servicesFile !== undefined) {
        const { loadCaseTypes, loadServiceDocument } = await import("@portico/cloud-sync");
        loadCaseTypes(join(dirname(configuration.servicesFile), "cases"), loadServiceDocument(configuration.servicesFile)); // the same
      }
      const kept = store.kind === "sqlite" ? store.file : store.url;
      if (isLines) terminal.out(`${JSON.stringify({ site, timeZone, listen: place, data: dataFolder, store: kept })}\n`);
      else terminal.out(`${file} is valid: site ${site}, ${timeZone}, listens at ${place}, keys in ${dataFolder}, store ${kept}\n`);
    });
}

/** `--config` of a cloud. */
export const cloudConfigOption = (): Option => new Option("--config <file>", "a cloud's configuration file, cloud.toml, instead of the other options");

/** The configuration that a verb was given with `--config`. @throws Failure 2 with every mistake in it */
export const cloudConfigurationOf = (surroundings: Surroundings, typed: string): Promise<CloudConfiguration> =>
  readOrFail(surroundings, typedPath(surroundings, typed), false);

async function readOrFail({ env, terminal }: Surroundings, file: string, isLines: boolean): Promise<CloudConfiguration> {
  const { PASSWORD_VARIABLE, readCloudConfiguration } = await import("./cloud-configuration.ts");
  const password = env[PASSWORD_VARIABLE];
  const reading = readCloudConfiguration(file, password === "" ? undefined : password);
  if (reading.ok) return reading.configuration;
  const { problems } = reading;
  if (isLines) for (const problem of problems) terminal.out(`${JSON.stringify(problem)}\n`);
  throw configurationFailure(
    `${counted(problems.length, "mistake")} in the configuration`,
    "mend these lines, then portico cloud config check",
    file,
    isLines ? [] : problems,
  );
}
