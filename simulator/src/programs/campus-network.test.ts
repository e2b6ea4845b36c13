import { once } from "node:events";
import { seededRandom, seededRandomBytes, simulatedClock } from "@portico/firmware-ts";
import { httpExchange } from "@portico/firmware-ts/isapi";
import { expect, onTestFinished, test } from "vitest";
import { wholeCampus } from "../campus/whole-campus.ts";
import { openCampusNetwork } from "./campus-network.ts";

test("terminals and cameras tell again and again that they are there, so that nobody takes their silence for a broken line", async () => {
  const clock = simulatedClock();
  const campus = wholeCampus(new Uint8Array(32));
  const network = await openCampusNetwork(campus, clock, () => "2027-01-11T08:00:00+08:00");
  onTestFinished(() => network.close());
  const withPassword = (campus.stations ?? []).flatMap((station) => ("password" in station ? [station] : []));
  expect(withPassword.map(({ id }) => id)).toEqual(["gate-5", "barrier"]);
  for (const { id, password } of withPassword) {
    const [host, port] = network.addresses.get(id === "barrier" ? "barrier-camera" : id)!.split(":") as [string, string];
    const exchange = httpExchange({ host, port: Number(port), user: "portico", password }, clock, seededRandomBytes(seededRandom(1)));
    const stream = await exchange.open("/ISAPI/Event/notification/alertStream");
    if (!stream.ok) throw new Error(stream.detail);
    onTestFinished(() => void stream.body.destroy());
    for (let beat = 0; beat < 3; beat++) {
      const heard = once(stream.body, "data");
      clock.advance(10_000);
      expect(String((await heard)[0])).toContain("heartBeat");
    }
  }
});
