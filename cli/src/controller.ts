import { join } from "node:path";
import { type Command, Option } from "commander";
import { cloudAddress, cloudOptions } from "./cloud-client.ts";
import { enrollMachine, showKey } from "./controller-enroll.ts";
import { controllerRecoverVerb } from "./controller-recover.ts";
import {
  approveMachine,
  controllerLagVerb,
  controllerListVerb,
  controllerReplaceVerb,
  controllerRevokeVerb,
  type DecideOptions,
  refuseMachine,
  wordsOption,
} from "./controller-fleet.ts";
import { controllerRunVerb } from "./controller-run.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Format } from "./table.ts";
import { formatOption, noun, placeOptions, reasonOption, verb } from "./verb.ts";
import { placesFor } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";

/** `portico controller`: the controller itself. */
export function controllerNoun(surroundings: Surroundings): Command {
  return noun(
    "controller",
    "the controller itself",
    [
      ["portico controller run", "decide at the doors of the configuration until Ctrl-C"],
      ["portico controller enroll --cloud https://cloud.example.edu", "on a new machine: ask to be a controller"],
      ["portico controller list", "for operators: all controllers, and who asks to be one"],
    ],
    [
      controllerRunVerb(surroundings),
      keyVerb(surroundings),
      enrollVerb(surroundings),
      controllerListVerb(surroundings),
      controllerLagVerb(surroundings),
      controllerReplaceVerb(surroundings),
      controllerRevokeVerb(surroundings),
      controllerRecoverVerb(surroundings, (options) => machineOf(surroundings, options)),
    ],
  );
}

interface KeyOptions {
  readonly config?: string;
  readonly data?: string;
  readonly format?: Format;
}

function keyVerb(surroundings: Surroundings): Command {
  const command = verb("key", "the public half of this machine's key, made here where there is none, and the six words of its enrolment", [
    ["portico controller key", "what an operator of the cloud wants to know"],
  ]).addOption(formatOption());
  return placeOptions(command).action(async (options: KeyOptions) => {
    const { controller, dataFolder } = await machineOf(surroundings, options);
    const { readControllerKey } = await import("@portico/controller");
    await showKey(surroundings, { controller, dataFolder, signer: readControllerKey(dataFolder, surroundings.randomBytes) }, options.format);
  });
}

interface EnrollOptions extends DecideOptions {
  readonly config?: string;
  readonly id?: string;
  readonly approve?: string;
  readonly refuse?: string;
}

function enrollVerb(surroundings: Surroundings): Command {
  const command = verb("enroll", "on a new machine: ask a cloud to be its controller; for an operator: decide about one that asks", [
    ["portico controller enroll --cloud https://cloud.example.edu --id gate-house", "shows six words and waits for the operator"],
    ["portico controller enroll --approve gate-house --words 'abandon zoo able ocean about abandon' --zone east", "as the operator"],
    ["portico controller enroll --refuse gate-house --reason 'nobody knows it'", "as the operator"],
  ])
    .addOption(new Option("--config <file>", "configuration file, which names id, site and roots (default: as in controller run)"))
    .addOption(new Option("--id <controller>", "the id that this machine asks to have (default: what the configuration says)"))
    .addOption(new Option("--approve <enrolment>", "let this machine in: the enrolment's id, or the controller's"))
    .addOption(new Option("--refuse <enrolment>", "tell this machine no").conflicts("approve"))
    .addOption(wordsOption())
    .addOption(
      new Option("--zone <zone>", "a zone that it is to follow; repeat for each")
        .default([] as string[], "none")
        .argParser((zone: string, zones: string[]) => [...zones, zone]),
    )
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (options: EnrollOptions) => {
    if (options.approve !== undefined) return approveMachine(surroundings, options.approve, options);
    if (options.refuse !== undefined) return refuseMachine(surroundings, options.refuse, options);
    const machine = await machineOf(surroundings, options);
    const { env, randomBytes } = surroundings;
    const [controller, url] = [options.id ?? machine.controller, options.cloud ?? env["PORTICO_CLOUD"] ?? machine.url];
    if (controller === undefined)
      throw new Failure(EXIT.usage, "this machine has no id", machine.configurationFile, "name it with --id, or write a configuration: portico config init");
    if (machine.controller !== undefined && machine.controller !== controller)
      throw new Failure(
        EXIT.usage,
        `the configuration says that this is ${machine.controller}`,
        `--id ${controller}`,
        "leave --id out, or mend the configuration",
      );
    if (url === undefined || url === "")
      throw new Failure(EXIT.usage, "no cloud is named", `controller ${controller}`, "name it with --cloud https://…, or PORTICO_CLOUD");
    const { readControllerKey } = await import("@portico/controller");
    const signer = readControllerKey(machine.dataFolder, randomBytes);
    await enrollMachine(surroundings, { ...machine, controller, url: cloudAddress(url), signer }, options.format);
  });
}

/** What the configuration says of this machine, where there is one that holds. */
async function machineOf(surroundings: Surroundings, options: { readonly config?: string; readonly data?: string }) {
  const place = placesFor(surroundings, options);
  const { readConfiguration } = await import("@portico/controller");
  const reading = readConfiguration(place.configurationFile, place);
  const none = {
    controller: undefined,
    site: undefined,
    url: undefined,
    pinned: undefined,
    dataFolder: place.dataFolder,
    trustListFile: join(place.dataFolder, "trust-list.cose"),
  };
  if (!reading.ok) {
    if (options.config !== undefined)
      throw configurationFailure("the configuration has mistakes", "mend them, or leave --config out and name --id", place.configurationFile, reading.problems);
    return { ...none, configurationFile: place.configurationFile };
  }
  const { controller, site, cloud } = reading.configuration;
  return {
    configurationFile: place.configurationFile,
    controller: controller.id,
    site: site.id,
    url: cloud?.url,
    pinned: site.trust && { site: site.id, roots: site.trust.roots },
    dataFolder: controller.dataFolder,
    trustListFile: site.trust?.listFile ?? join(controller.dataFolder, "trust-list.cose"),
  };
}
