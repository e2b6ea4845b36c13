import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Partition, RootSet, TrustListContext } from "@portico/card-protocol";
import type { CloudConnection, Configuration } from "@portico/controller";
import { type ControllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { placesFor } from "./places.ts";
import { configurationFailure } from "./configuration-failure.ts";
import { counted } from "./counted.ts";

/** The feed as this computer's controller may have it: its configuration, its key, its zones. */
export interface FeedPlace {
  readonly site: string;
  readonly controller: string;
  readonly timeZone: string;
  readonly partitions: readonly Partition[];
  readonly trust: TrustListContext;
  readonly connection: CloudConnection;
}

/**
 * Opens the way to the cloud with the controller's own key, beside the running controller.
 *
 * @throws Failure 2 where the configuration names no cloud, or the key is not there
 */
export async function feedPlaceFor(surroundings: Surroundings, options: ControllerOptions): Promise<FeedPlace> {
  const configuration = await configurationFor(surroundings, options);
  const { site, controller, cloud } = configuration;
  if (cloud === undefined || site.trust === undefined)
    throw new Failure(EXIT.usage, "the configuration names no cloud", placesFor(surroundings, options).configurationFile, "add [cloud], see docs/operating.md");
  const { GLOBAL, zonePartition } = await import("@portico/card-protocol");
  const { nodeVerifier } = await import("@portico/card-protocol/node");
  const { CloudConnection: Connection, CONTROLLER_KEY_FILE, readControllerKey } = await import("@portico/controller");
  const keyFile = join(controller.dataFolder, CONTROLLER_KEY_FILE);
  if (!existsSync(keyFile)) throw new Failure(EXIT.usage, "this controller has no key yet", keyFile, "portico controller run makes it at its first start");
  const { certificateAuthorityFile, url, zones } = cloud;
  const connection = new Connection({
    url,
    site: site.id,
    controller: controller.id,
    signer: readControllerKey(controller.dataFolder, surroundings.randomBytes),
    ...(certificateAuthorityFile === undefined ? {} : { certificateAuthority: readFileSync(certificateAuthorityFile, "utf8") }),
    clock: { after: surroundings.after },
    onZoneKeys: () => {},
  });
  const roots: RootSet = site.trust.roots;
  return {
    site: site.id,
    controller: controller.id,
    timeZone: site.timeZone,
    partitions: [GLOBAL, ...zones.map(zonePartition)],
    trust: { site: site.id, pinnedRoots: roots, verifier: nodeVerifier },
    connection,
  };
}

/** @throws Failure 2 with every mistake */
export async function configurationFor(surroundings: Surroundings, options: ControllerOptions): Promise<Configuration> {
  const place = placesFor(surroundings, options);
  const { readConfiguration } = await import("@portico/controller");
  const reading = readConfiguration(place.configurationFile, place);
  if (reading.ok) return reading.configuration;
  const what = `${counted(reading.problems.length, "mistake")} in the configuration`;
  throw configurationFailure(what, "portico config check", place.configurationFile, reading.problems);
}
