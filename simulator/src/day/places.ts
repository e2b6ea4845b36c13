import type { Day } from "./day.ts";

const NO_PLACE = { path: [] as string[], capacity: 0, areaM2: null, attributes: {}, schedule: null, place: null, sessions: [] };
const HALL = "hall-1-in";

/** The places that are booked this day. */
export async function furnishPlaces(day: Day): Promise<void> {
  const room = (number: string) => ({
    ...NO_PLACE,
    campusService: "spaces",
    kind: "place" as const,
    names: { zh: `${number} 会议室`, en: `Meeting room ${number}` },
    type: "会议室",
    path: ["行政区", "行政楼", "中区", "6楼", number],
    capacity: 6,
    areaM2: 13,
    seats: 1,
    opens: [{ accessPoint: `room-${number}-in`, capability: "pass" as const }],
  });
  for (const number of ["607", "608"]) await day.ask("PUT /v1/resources/{id}", { params: { id: `room-${number}` }, body: room(number) });
  const hall = { ...NO_PLACE, campusService: "sports-hall", opens: [{ accessPoint: HALL, capability: "pass" as const }] };
  await day.ask("PUT /v1/resources/{id}", {
    params: { id: "court-1" },
    body: { ...hall, kind: "place", names: { zh: "羽毛球 1 号场", en: "Badminton court 1" }, type: "羽毛球", seats: 1 },
  });
  await day.ask("PUT /v1/resources/{id}", {
    params: { id: "yoga" },
    body: {
      ...hall,
      kind: "course",
      names: { zh: "瑜伽", en: "Yoga" },
      type: "瑜伽",
      seats: 20,
      sessions: [{ from: day.at("15:00"), until: day.at("16:00") }],
    },
  });
}

/** Court, class and room are booked in the morning. */
export async function bookPlaces(day: Day): Promise<void> {
  const { story } = day;
  const hour = (from: string, until: string) => [{ from: day.at(from), until: day.at(until) }];
  const court = async (person: string, noticeVersion: number | null) =>
    ({ body: { resource: "court-1", person: await day.person(person), times: hour("17:00", "18:00"), noticeVersion } }) as const;
  story.check("a court without the entry notice", await day.refusal("POST /v1/reservations", await court("zhang", null)), "NoticeNotAccepted");
  await day.ask("POST /v1/reservations", await court("zhang", 1));
  story.tell("zhang books badminton court 1 from 17:00, once the entry notice is accepted", "5.1", "5.2");
  story.check("the same court for li", await day.refusal("POST /v1/reservations", await court("li", 1)), "SlotTaken");
  story.tell("li wants the same hour and hears what is free nearby", "5.1");
  await day.ask("POST /v1/reservations", { body: { resource: "yoga", person: await day.person("wang"), noticeVersion: 1 } });
  story.tell("wang books the yoga class at 15:00", "5.4");
  await day.ask("POST /v1/reservations", { body: { resource: "room-607", person: await day.person("wu"), times: hour("14:00", "15:00") } });
  story.tell("wu books meeting room 607 from 14:00", "11.1", "11.2");
}

/** The meeting is put off, and the door with it. */
export async function moveRoom(day: Day): Promise<void> {
  const { story } = day;
  await day.until("13:57");
  const person = await day.person("wu");
  const { items } = await day.ask("GET /v1/reservations", { query: { person, resource: "room-607" } });
  await day.ask("POST /v1/reservations/{id}/modify", {
    params: { id: items[0]!.id },
    body: { person, resource: "room-608", times: [{ from: day.at("16:00"), until: day.at("17:00") }] },
  });
  await day.until("14:02");
  story.check("wu at room 607 in the hour that was given back", await day.answer("room-607-in", day.card("wu")), "Unauthorized");
  story.tell("the meeting moves to room 608 at 16:00 in one step, and the door with it: room 607 refuses at 14:00", "11.2", "11.7");
}

/** Nobody sees wang at the class. */
export async function missClass(day: Day): Promise<void> {
  const { story } = day;
  await day.until("15:30");
  const { items } = await day.ask("GET /v1/persons/{id}/absences", { params: { id: await day.person("wang") } });
  const hall = items.find(({ service }) => service === "sports-hall");
  story.check("wang's absences", [hall?.absences.length, hall?.counted], [1, 1]);
  story.tell("wang missed the yoga class: it is counted, and the answer says what follows", "5.6");
}

/** The court's hour: the gate knows. */
export async function playBadminton(day: Day): Promise<void> {
  const { story } = day;
  await day.until("16:02");
  story.check("wu at room 608", await day.answer("room-608-in", day.card("wu")), "granted");
  story.tell("room 608 opens for wu in the hour that was booked instead", "11.7");
  await day.until("16:58");
  story.check("li at the hall", await day.answer(HALL, day.card("li")), "CredentialNotFound");
  story.check("zhang at the hall", await day.answer(HALL, day.code("zhang")), "granted");
  story.check("zhang goes in", await day.push("hall-1", "entry"), true);
  await day.pass(60_000);
  const { items } = await day.ask("GET /v1/reservations", { query: { person: await day.person("zhang"), resource: "court-1" } });
  story.check(
    "zhang's sign-in",
    items[0]?.times.map(({ attendance, signedInBy }) => [attendance, signedInBy]),
    [["present", "gate"]],
  );
  story.tell("the hall's gate opens for zhang alone, and to pass it was to sign in", "5.6", "5.7");
}
