import { type Command, Option } from "commander";
import { cloudAddress } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, placeOptions, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

interface RecoverOptions {
  readonly card: string;
  readonly cloud?: string;
  readonly config?: string;
  readonly data?: string;
  readonly format?: Format;
}

/** What the verb wants to know of the machine that it runs on. */
export interface RecoveringMachine {
  readonly controller: string | undefined;
  readonly site: string | undefined;
  readonly url: string | undefined;
  readonly dataFolder: string;
  readonly configurationFile: string;
}

/** `portico controller recover`: what a machine that was replaced had not sent. */
export function controllerRecoverVerb(
  surroundings: Surroundings,
  machineOf: (options: { readonly config?: string; readonly data?: string }) => Promise<RecoveringMachine>,
): Command {
  const command = verb("recover", "hand over to the cloud what the machine before this one had recorded and not sent", [
    ["portico controller recover --card /mnt/old/var/lib/portico", "on the new machine, behind `portico controller replace`; the card is only read"],
  ])
    .addOption(new Option("--card <folder>", "data folder of the machine before, as it lies on its card").makeOptionMandatory())
    .addOption(new Option("--cloud <url>", "the cloud's address (default: what the configuration says)"))
    .addOption(formatOption());
  return placeOptions(command).action(async ({ card, cloud, format, ...place }: RecoverOptions) => {
    const machine = await machineOf(place);
    const { controller, site, dataFolder, configurationFile } = machine;
    const url = cloud ?? machine.url;
    if (controller === undefined || site === undefined || url === undefined)
      throw new Failure(EXIT.usage, "the configuration does not say which controller this is, and of which cloud", configurationFile, "write [site], [controller] and [cloud] first: portico controller enroll prints them"); // prettier-ignore
    const { readControllerKey, recoverEvents } = await import("@portico/controller");
    const signer = readControllerKey(dataFolder, surroundings.randomBytes);
    const folder = typedPath(surroundings, card);
    const recovered = await recoverEvents({ folder, url: cloudAddress(url), site, controller, signer, fetch: surroundings.fetch });
    const { last, uploaded, trouble } = recovered;
    writeFacts(
      surroundings.terminal,
      format,
      [
        ["controller", controller],
        ["with the cloud", `up to event ${uploaded}`],
      ],
      { controller, ...recovered },
    );
    if (trouble === null) return;
    const exitCode = trouble.error === "CloudSilent" ? EXIT.unreachable : EXIT.refused;
    const next =
      uploaded < last
        ? "put right what is named, then type it again: what is with the cloud is not sent twice"
        : "keep the card as evidence: what stands behind the break is not believed";
    throw new Failure(exitCode, `${trouble.error}: ${trouble.detail}`, folder, next);
  });
}
