import { expect, test } from "vitest";
import type { TerminalEvent } from "../core/isapi/device-event.ts";
import { eventOrder } from "./event-order.ts";

const event = (serialNo: number | undefined): TerminalEvent => ({ kind: "person", serialNo, asks: false, recognized: "face", cardNo: "", employeeNo: "V-1", idNumber: "", qrCode: "", door: 1, isLate: false, at: "" }); // prettier-ignore

test("each event is told once: what a search finds ends where the device tells live", () => {
  const order = eventOrder();
  expect([order.next, order.live(event(5)), order.live(event(5)), order.next]).toEqual([undefined, true, false, 6]);
  order.interrupted();
  expect(order.live(event(9)), "before the search has answered").toBe(true);
  expect([6, 7, 8, 9, 10].map((serialNo) => order.found(event(serialNo)))).toEqual([true, true, true, false, false]);
  expect([order.found(event(7)), order.next]).toEqual([false, 10]);
});

test("an event without a number is always told live, and a log that begins anew is followed", () => {
  const order = eventOrder();
  expect([order.live(event(undefined)), order.live(event(undefined)), order.found(event(undefined))]).toEqual([true, true, false]);
  order.live(event(900));
  expect([order.live(event(1)), order.next]).toEqual([true, 2]);
});
