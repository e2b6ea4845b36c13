import type { EventLine } from "@portico/controller";
import { accountDomain } from "../src/campus/campus.ts";
import type { CloudBench } from "./cloud-bench.ts";

export const ROOM = "room-301";
export const CONTROLLER = "library-house";
/** The reader whose place the room's takes. */
export const READER = "library-in";

/** What is done at a room whatever its lock is made by: at its reader, at the controller's log and socket, and by an operator. */
export interface RoomHands {
  /** Somebody shows a code or a card at the room's reader. @returns the events that follow within 15 s */
  readonly show: (read: string) => Promise<readonly string[]>;
  /** What the controller's log says since the last question. */
  readonly told: () => Promise<readonly EventLine[]>;
  /** Asks the controller's control socket. */
  readonly control: <T>(route: string, params?: Readonly<Record<string, string>>) => Promise<T>;
  /** A person's id in the cloud. @param person  as the campus calls them */
  readonly personOf: (person: string) => Promise<string>;
  /** Gives a room. @returns the grant */
  readonly roomOf: (person: string, schedule?: string, until?: string | null) => Promise<string>;
}

export function roomHands({ campus, ask, events, pass }: CloudBench): RoomHands {
  const machine = campus.controller(CONTROLLER);
  let seen = 0;
  const told = async (): Promise<readonly EventLine[]> => {
    const all = await events(CONTROLLER);
    const fresh = all.filter(({ seq }) => seq > seen);
    seen = all.at(-1)?.seq ?? seen;
    return fresh;
  };
  return {
    told,
    show: async (read) => {
      await told();
      await campus.hands.scan(READER, read);
      await pass(15_000);
      return (await told()).map(({ name }) => name);
    },
    control: async <T>(route: string, params: Readonly<Record<string, string>> = {}) => {
      const answers = machine.controller.answers as unknown as Record<string, (asked: unknown) => unknown>;
      return (await machine.during(Promise.resolve(answers[route]!({ params, query: new URLSearchParams(), body: undefined })), 60_000)) as T;
    },
    personOf: async (person) => (await ask("GET /v1/persons", { query: { account: `${person}@${accountDomain(campus.campus)}` } })).items[0]!.id,
    roomOf: async (person, schedule = "always", until = null) => {
      const what = { kind: "own" as const, accessPoints: [ROOM], capability: "unlock" as const, schedule };
      const grant = { subject: { kind: "person" as const, id: person }, what, validity: { from: null, until }, source: { kind: "operator" as const } };
      return (await ask("POST /v1/grants", { body: grant })).value.id;
    },
  };
}
