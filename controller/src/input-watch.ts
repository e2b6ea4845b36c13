import { eventOf, INPUT_FAULT } from "@portico/card-protocol";
import type { RelayBoard } from "@portico/firmware-ts";
import type { Configuration, InputReference } from "./configuration/configuration.ts";
import type { Recorder } from "./recorder.ts";

/** Records when the wire of a supervised input is faulted, and when it is whole again. Returns the function that ends it. */
export function watchInputs(
  configuration: Pick<Configuration, "doors" | "turnstiles" | "lifts" | "lockdownInputs" | "guardStations">,
  boards: ReadonlyMap<string, RelayBoard>,
  recorder: Pick<Recorder, "event">,
): () => void {
  const removals = [...boards].flatMap(([device, { supervision, inputs }]) => {
    if (supervision === undefined) return [];
    const told = new Map<number, string>();
    const tell = (input: number): void => {
      const fault = supervision.fault(input);
      if (fault === told.get(input)) return;
      const use = useOf(configuration, device, input);
      if (fault === undefined) {
        told.delete(input);
        recorder.event(eventOf("InputFaultCleared", { device, input, use }));
      } else {
        told.set(input, fault);
        recorder.event(eventOf("InputFault", { device, input, use, fault, remedy: INPUT_FAULT[fault].en }));
      }
    };
    for (let input = 0; input < inputs; input++) tell(input);
    // A board that was away and is back says its faults anew; one that is away says nothing, and ends none.
    return [supervision.onFault((input) => tell(input))];
  });
  return () => removals.forEach((remove) => remove());
}

/** What hangs on an input, in words for a technician. */
export function useOf({ doors, turnstiles, lifts, lockdownInputs, guardStations }: Parameters<typeof watchInputs>[0], device: string, input: number): string {
  const isIt = (reference: InputReference | undefined): boolean => reference?.board === device && reference.input === input;
  const uses = [
    ...doors.flatMap(({ id, contact, rex, fire, tamper, shadow }) => [
      isIt(tamper) ? [`tamper loop of ${id}`] : [],
      isIt(shadow?.oldGrant) ? [`old system's grant of ${id}`] : [],
      isIt(contact) ? [`contact of ${id}`] : [],
      isIt(rex) ? [`exit button of ${id}`] : [],
      isIt(fire) ? [`fire loop of ${id}`] : [],
    ]),
    ...turnstiles.flatMap(({ id, passEntry, passExit, fire, ready, alarm, shadow }) => [
      isIt(shadow?.entry) || isIt(shadow?.exit) ? [`old system's grant of ${id}`] : [],
      isIt(ready) ? [`ready output of ${id}`] : [],
      isIt(alarm) ? [`alarm output of ${id}`] : [],
      isIt(passEntry) || isIt(passExit) ? [`PASS contact of ${id}`] : [],
      isIt(fire) ? [`fire loop of ${id}`] : [],
    ]),
    ...lifts.flatMap(({ id, floors, fire }) => [
      ...floors.map((floor) => (isIt(floor.button) ? [`button of ${id}/${floor.id}`] : [])),
      isIt(fire) ? [`fire loop of ${id}`] : [],
    ]),
    ...lockdownInputs.map(({ id, input: of }) => (isIt(of) ? [`lockdown button ${id}`] : [])),
    ...guardStations.flatMap(({ id, buttons, reasons }) => [
      ...buttons.map(({ door, input: of }) => (isIt(of) ? [`button of ${door} at ${id}`] : [])),
      ...reasons.map(({ reason, input: of }) => (isIt(of) ? [`reason key ${reason} at ${id}`] : [])),
    ]),
  ].flat();
  return uses.length === 0 ? "nothing" : uses.join(", ");
}
