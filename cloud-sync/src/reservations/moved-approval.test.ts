import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { answered } from "../rig/api-rig.ts";
import { at, type BookedCampus, bookedCampus } from "../rig/booked-campus.ts";

let campus: BookedCampus;
let office: CloudClient;
let id: string;
beforeEach(async () => {
  campus = await bookedCampus();
  await campus.put("guest-1", { campusService: "guest-room", type: "客房", opens: [] });
  ({ client: office } = await campus.rig.caller("office", ["reservations:approve", "reservations:write"]));
  ({ id } = await campus.book({ resource: "guest-1", times: [{ from: at("02 14:00"), until: at("03 12:00") }] }));
});
afterEach(() => campus.rig.close());

const approve = (by: CloudClient) => by.ask("POST /v1/reservations/{id}/approve", { params: { id } });
const move = (by: CloudClient, day: string) =>
  answered(by.ask("POST /v1/reservations/{id}/modify", { params: { id }, body: { person: campus.person, resource: null, times: [{ from: at(`${day} 14:00`), until: at(`${day} 22:00`) }], noticeVersion: null } })); // prettier-ignore

test("rule 13.2: whoever moves what was approved does not approve it himself: two people stand behind the times that it has", async () => {
  expect(await approve(campus.client)).toMatchObject({
    status: 422,
    problem: { reason: "SameOperator", rule: "13.2", contact: expect.stringContaining("C1") },
  });
  await answered(approve(office));
  await move(office, "04");
  expect(await approve(office)).toMatchObject({ problem: { reason: "SameOperator" } });
  expect(await answered(approve(campus.client))).toMatchObject({ value: { state: "booked", createdBy: "office", approvedBy: "backend" } });
});

test("what waits and is moved again by who booked it is approved by the other", async () => {
  await move(campus.client, "05");
  expect(await approve(campus.client)).toMatchObject({ problem: { reason: "SameOperator" } });
  expect(await answered(approve(office))).toMatchObject({ value: { state: "booked", createdBy: "backend", approvedBy: "office" } });
});
