import { type Gm65Baud, type Gm65Outcome, setGm65Baud, simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { virtualGm65 } from "../src/virtual-gm65.ts";

function bench() {
  const head = virtualGm65();
  const clock = simulatedClock();
  const opened: Gm65Baud[] = [];
  const set = async (baud: Gm65Baud): Promise<Gm65Outcome> => {
    let outcome: Gm65Outcome | undefined;
    void setGm65Baud({ openAt: (at) => (opened.push(at), head.wireAt(at)), after: (delayMs, callback) => clock.after(delayMs, callback), baud }).then(
      (done) => (outcome = done),
    );
    expect(await clock.until(() => outcome !== undefined, 10_000)).toBe(true);
    expect(clock.pending).toBe(0);
    return outcome!;
  };
  return { head, set, opened };
}

test("a head as it leaves the factory is set to 115,200 baud and keeps that when its power was off", async () => {
  const { head, set } = bench();
  expect(await set(115_200)).toEqual({ ok: true, from: 9_600 });
  head.powerCycle();
  expect(head.baud).toBe(115_200);
});

test("a head that is found at the wanted rate is told to keep it", async () => {
  const { head, set, opened } = bench();
  await set(115_200);
  expect(await set(115_200)).toEqual({ ok: true, from: 115_200 });
  expect(opened.slice(-2)).toEqual([115_200, 115_200]);
  expect(await set(38_400)).toEqual({ ok: true, from: 115_200 });
  expect([head.baud, head.savedBaud]).toEqual([38_400, 38_400]);
});

test("codes that are read meanwhile stand between the answers and harm nothing", async () => {
  const { head, set } = bench();
  const setting = set(115_200);
  for (let read = 0; read < 40; read++) {
    head.scan(`PT1:${"A".repeat(140)}`);
    await Promise.resolve();
  }
  expect(await setting).toEqual({ ok: true, from: 9_600 });
});

test("a head that says yes and changes nothing is told as such, and nothing is saved", async () => {
  const { head, set } = bench();
  head.setStubborn(true);
  expect(await set(115_200)).toMatchObject({ ok: false, error: "BadReply", detail: expect.stringContaining("answered at 9600 baud and does not at 115200") });
  expect(head.savedBaud).toBe(9_600);
});

test.each(["dumb", "deaf"] as const)("a head that is %s is looked for at every rate, and told as silent", async (mute) => {
  const { head, set, opened } = bench();
  head.setMute(mute);
  expect(await set(115_200)).toEqual({ ok: false, error: "TimedOut", detail: "nothing answers at 9600, 115200, 57600, 38400, 19200, 14400 baud" });
  expect(opened.length).toBe(6);
});
