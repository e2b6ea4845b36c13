import type { CloudClient, RouteParts } from "../api/client.ts";
import { ReservationWatch } from "../reservations/reservation-watch.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { apiCampus, GATE, plainPerson } from "./api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS, imageOf, type RigImage, valueOf } from "./api-rig.ts";
import { SERVICES } from "./places-rig.ts";

type Content = RouteParts<"PUT /v1/resources/{id}">["body"];
const COURT: Content = { campusService: "sports-hall", kind: "place", names: { zh: "1 号羽毛球场", en: "Badminton 1" }, type: "羽毛球场", path: ["体育馆"], capacity: 4, areaM2: null, attributes: {}, seats: 1, schedule: null, opens: [{ accessPoint: GATE, capability: "pass" }], place: null, sessions: [] }; // prettier-ignore
const ROOM: Content = {
  ...COURT,
  campusService: "spaces",
  names: { zh: "607 会议室", en: "Meeting room 607" },
  type: "会议室",
  path: ["行政区", "607"],
  opens: [],
};

/** An hour of the campus in 2026-09: `at("02 18:00")`. */
export const at = (text: string): string => new Date(`2026-09-${text.replace(" ", "T")}:00+08:00`).toISOString().replace(".000Z", "Z");
/** On a day of that month: `time("02", "18:00", "19:00")`. */
export const time = (day: string, from: string, until: string) => ({ from: at(`${day} ${from}`), until: at(`${day} ${until}`) });

type Ask = RouteParts<"POST /v1/reservations">["body"];

/** Two courts, two rooms and a course, asked about through the API. It is 2026-09-01 08:00, a Tuesday. */
export interface BookedCampus {
  readonly rig: ApiRig;
  readonly client: CloudClient;
  /** The first student. */
  readonly person: string;
  student(account: string): Promise<string>;
  /** Makes a place or a course of the hall, or makes it say this. */
  put(id: string, content: Partial<Content>): Promise<unknown>;
  /** What is booked where nothing else is said: court 1, for the first student. */
  ask(more: Pick<Ask, "times"> & Partial<Ask>): ReturnType<typeof askOf>;
  book(more: Pick<Ask, "times"> & Partial<Ask>): Promise<{ readonly id: string }>;
  cancel(id: string, person?: string): Promise<unknown>;
  wait(person: string, resource: string, times: { readonly from: string; readonly until: string } | null): Promise<unknown>;
  /** `court-1 held 18:00`, of all that this person has. */
  has(person: string): Promise<string[]>;
  /** Looks as it does every ten seconds. */
  look(): Promise<void>;
  /** Who was offered something, in order. */
  offered(): Promise<(string | null)[]>;
}

const askOf = (client: CloudClient, body: Ask) => client.ask("POST /v1/reservations", { body });

let image: { readonly of: RigImage; readonly person: string } | undefined;

/** @param services  left out: those of the package */
export async function bookedCampus(services: ServiceDocument = SERVICES): Promise<BookedCampus> {
  if (image === undefined) {
    const first = await apiRig();
    const { person } = await apiCampus(first.backend.client);
    for (const [id, body] of [
      ["court-1", COURT],
      ["court-2", COURT],
      ["607", ROOM],
      ["608", ROOM],
    ] as const)
      // prettier-ignore
      await answered(first.backend.client.ask("PUT /v1/resources/{id}", { params: { id }, body }));
    image = { of: await imageOf(first), person };
    await first.close();
  }
  const rig = await apiRig(undefined, image.of, services);
  const { client } = rig.backend;
  const { person } = image;
  const ask = (more: Pick<Ask, "times"> & Partial<Ask>) => askOf(client, { resource: "court-1", person, noticeVersion: 1, ...more });
  return {
    rig,
    client,
    person,
    async student(account) {
      const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson(`${account}@example.edu`) }));
      const body = { validity: ENDLESS, sponsor: null };
      await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "student" }, body }));
      return id;
    },
    put: (id, content) => answered(client.ask("PUT /v1/resources/{id}", { params: { id }, body: { ...COURT, ...content } })),
    ask,
    book: (more) => valueOf(ask(more)),
    cancel: (id, who = person) => answered(client.ask("POST /v1/reservations/{id}/cancel", { params: { id }, body: { person: who } })),
    wait: (who, resource, times) => answered(client.ask("POST /v1/waiting-list", { body: { resource, person: who, time: times, noticeVersion: 1 } })),
    async has(who) {
      const { items } = await answered(client.ask("GET /v1/reservations", { query: { person: who } }));
      const hour = (text: string): string => new Date(Date.parse(text) + 8 * 3_600_000).toISOString().slice(11, 16);
      return items.map(({ resource, state, times }) => `${resource} ${state} ${hour(times[0]!.from)}`);
    },
    async look() {
      const clock = { after: () => () => {} };
      const watch = new ReservationWatch({ cloud: rig.cloud, services, clock, onTold: () => {}, onFailure: (error) => rig.failures.push(error) });
      await watch.look();
      await watch.close();
    },
    async offered() {
      const told = await rig.cloud.database.queries
        .selectFrom("notification")
        .select("person")
        .where("kind", "=", "reservation.offered")
        .orderBy("nth")
        .execute();
      return told.map((one) => one.person);
    },
  };
}
