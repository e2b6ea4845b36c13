import { EventIntake, type EventFork, type IntakeAnswer } from "../events/event-intake.ts";
import { chainsOf, eventsAs } from "../events/event-chains.ts";
import { type CheckpointKey, EventRetention, type RetentionStep } from "../events/event-retention.ts";
import { verifyKept } from "../events/verify-kept.ts";
import { RETENTION_DAYS, type RetentionDays } from "../core/event-retention.ts";
import { installTrustList } from "../keys/trust-lists.ts";
import { type CloudRig, cloudRig, done, NOTE, START } from "./cloud-rig.ts";
import { freshDatabase, imageOfStore, type StoreImage } from "./fresh-database.ts";
import type { MachineLog } from "./machine-log.ts";
import { CLOUD_SIGNER, rigTrustList } from "./rig-trust.ts";

export const CLOUD_KEY: CheckpointKey = { kid: 1, signer: CLOUD_SIGNER, trustListSequence: 1 };
export const DAY_S = 86_400;

/** A cloud that takes events, and drops them when their time is over. */
export interface RetentionRig {
  readonly cloud: CloudRig;
  readonly intake: EventIntake;
  readonly forks: EventFork[];
  /** Undefined: nothing signs. */
  key: CheckpointKey | undefined;
  take(log: MachineLog, batch?: Uint8Array): Promise<IntakeAnswer>;
  retention(days?: RetentionDays): EventRetention;
  /** A run to its end, as of a later day where days pass. */
  run(days?: RetentionDays): Promise<RetentionStep>;
  /** `seq name` of what is kept of a controller, and `[first-last]` of what stands for the rest. */
  kept(controller?: string): Promise<string[]>;
  verdict(controller?: string): Promise<string>;
}

/** A rig as it once was: what takes a test long to set up is set up once. */
export interface RetentionImage {
  readonly store: StoreImage;
  readonly passedS: number;
}
export const retentionImage = async ({ cloud }: RetentionRig): Promise<RetentionImage> => ({
  store: await imageOfStore(cloud.database),
  passedS: cloud.now() - START,
});

/** @param image  to begin from */
export async function retentionRig(image?: RetentionImage): Promise<RetentionRig> {
  const cloud = await cloudRig(await freshDatabase(image?.store));
  const { queries } = cloud.database;
  if (image === undefined) {
    await done(installTrustList(cloud, NOTE, rigTrustList(1)));
    // Whoever looks at events has looked at all that will come.
    for (const mark of ["copy_mark", "last_use_mark"] as const) await queries.updateTable(mark).set({ batch: 1_000_000 }).execute();
  } else cloud.pass(image.passedS);
  const forks: EventFork[] = [];
  const intake = new EventIntake(cloud, (fork) => forks.push(fork));
  const rig: RetentionRig = {
    cloud,
    intake,
    forks,
    key: CLOUD_KEY,
    take: (log, batch = log.batch()) => intake.take(log.machine, batch),
    retention: (days = RETENTION_DAYS) => new EventRetention({ cloud, days, key: () => rig.key }),
    async run(days) {
      const retention = rig.retention(days);
      for (;;) {
        const came = await retention.step();
        if (came !== "more") return came;
      }
    },
    async kept(controller = "gate-house") {
      const [chain] = await chainsOf(queries, controller);
      const rows = await queries.selectFrom("controller_event").select(["seq", "name"]).where("chain", "=", chain!.number).execute();
      const holes = await queries.selectFrom("event_checkpoint").select(["first_seq", "last_seq"]).where("chain", "=", chain!.number).execute();
      const pieces = [...rows.map(({ seq, name }) => [seq, `${seq} ${name}`] as const), ...holes.map(({ first_seq, last_seq }) => [first_seq, `[${first_seq}-${last_seq}]`] as const)]; // prettier-ignore
      return pieces.toSorted(([a], [b]) => a - b).map(([, text]) => text);
    },
    async verdict(controller = "gate-house") {
      const said: string[] = [];
      for (const chain of await chainsOf(queries, controller)) {
        const found = await verifyKept(cloud, chain);
        said.push(
          `${eventsAs(chain)} ${found.kind === "whole" ? `whole ${found.records}+${found.pruned}` : `${found.cause} at ${found.seq}: ${found.detail}`}`,
        );
      }
      return said.join("; ");
    },
  };
  return rig;
}
