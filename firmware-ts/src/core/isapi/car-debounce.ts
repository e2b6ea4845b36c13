import type { PlateEvent } from "./device-event.ts";

/** What is known of the cars before a camera. */
export interface CarDebounce {
  /** @returns whether this reading is to be judged */
  see(event: PlateEvent, now: number): boolean;
  /** Whoever was told last has been let in: of this car no other reading is judged. */
  settle(): void;
}

/** One car is judged by so many different plates at most: a plate that changes ever again is not being read. */
const PLATES_MAX = 3;
/** A car that was never told lost is forgotten behind this, in ms. */
const FORGET_MS = 60_000;
/** Without a name for the car: the same plate within this is the same car, in ms. */
const SAME_PLATE_MS = 10_000;
const CARS_MAX = 64;

interface Car {
  plates: readonly string[];
  isSettled: boolean;
  seenAt: number;
}

/**
 * One car, one passage. While a camera sees a car it tells its plate again and again, and may read another text each time: each text is judged once, none
 * any more once the car has been let in.
 *
 * @param confidenceMin  0 to 100: readings that are less sure, or that do not say how sure they are where it is above 0, are not judged
 */
export function carDebounce(confidenceMin: number): CarDebounce {
  const cars = new Map<string, Car>();
  let told: Car | undefined;
  return {
    see({ plate, car: name, confidence, state }, now) {
      for (const [key, { seenAt }] of cars) if (now - seenAt > (key.startsWith("car ") ? FORGET_MS : SAME_PLATE_MS)) cars.delete(key);
      const key = name === undefined ? `plate ${plate}` : `car ${name}`;
      if (state === "lost") {
        cars.delete(key);
        return false;
      }
      if (plate === "" || (confidence ?? 0) < confidenceMin) return false;
      const known = cars.get(key);
      if (known === undefined && cars.size >= CARS_MAX) cars.delete(cars.keys().next().value!);
      const car = known ?? { plates: [], isSettled: false, seenAt: now };
      // Whoever was refused and waits is judged again, in time: they may be expected by then.
      if (name !== undefined || car.isSettled) car.seenAt = now;
      cars.set(key, car);
      if (car.isSettled || car.plates.includes(plate) || car.plates.length >= PLATES_MAX) return false;
      car.plates = [...car.plates, plate];
      told = car;
      return true;
    },
    settle() {
      if (told !== undefined) told.isSettled = true;
    },
  };
}
