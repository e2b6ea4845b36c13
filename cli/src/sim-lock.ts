import { Argument, type Command } from "commander";
import type { DevicesClient } from "@portico/simulator/programs";
import { type CampusOption, campusOption, withCampus } from "./sim-folder.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Format, writeFacts } from "./table.ts";
import { formatOption, verb } from "./verb.ts";

type Spoil = (client: DevicesClient, room: string) => Promise<unknown>;
const battery =
  (percent: number): Spoil =>
  (client, room) =>
    client.ask("battery", { room, percent });

/** What can be done to a lock, and what is seen of it then. */
const ACTS: Readonly<Record<string, { readonly act: Spoil; readonly seen: string }>> = {
  far: { act: (client, room) => client.ask("reach", { room, reachable: false }), seen: "out of reach of the Bluetooth adapter" },
  near: { act: (client, room) => client.ask("reach", { room, reachable: true }), seen: "in reach again" },
  jam: { act: (client, room) => client.ask("jam", { room, stuck: true }), seen: "its bolt sticks" },
  free: { act: (client, room) => client.ask("jam", { room, stuck: false }), seen: "its bolt goes again" },
  low: { act: battery(12), seen: "12 % are left in its batteries" },
  dead: { act: battery(3), seen: "3 % are left in its batteries: it answers, and draws no bolt" },
  empty: { act: battery(0), seen: "nothing is left in its batteries: it does not even answer" },
  full: { act: battery(100), seen: "its batteries are new" },
  "adapter-off": { act: (client) => client.ask("bluetooth", { on: false }), seen: "the controller's Bluetooth adapter is off" },
  "adapter-on": { act: (client) => client.ask("bluetooth", { on: true }), seen: "the controller's Bluetooth adapter is on" },
};

/** `portico sim lock`: spoils the lock of a room of the running campus, or mends it. */
export function simLockVerb(surroundings: Surroundings): Command {
  const command = verb("lock <room> <act>", "spoil the lock of a room, or mend it", [
    ["portico sim lock room-301 far", "out of reach, until sim lock room-301 near"],
    ["portico sim lock room-301 dead", "a dead battery, until sim lock room-301 full"],
    ["portico sim lock room-301 adapter-off", "no lock is reached any more, until adapter-on"],
  ]).addOption(formatOption());
  const [, act] = command.registeredArguments as [Argument, Argument];
  act.choices(Object.keys(ACTS));
  return campusOption(command).action((room: string, what: string, options: CampusOption & { readonly format?: Format }) =>
    withCampus(surroundings, options, async (client) => {
      const { act: spoil, seen } = ACTS[what]!;
      await client.ask("lock", { room }); // no such room is said before anything is done
      await spoil(client, room);
      const lock = await client.ask("lock", { room });
      const facts: [string, string][] = [["lock", seen], ["bolt", lock.bolt], ["battery", `${lock.batteryPercent} %`]]; // prettier-ignore
      writeFacts(surroundings.terminal, options.format, facts, { room, act: what, ...lock });
    }),
  );
}
