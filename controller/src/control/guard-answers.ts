import type { GuardStationRow } from "./lane-rows.ts";
import type { AnswersTo, ControlParts } from "./control-parts.ts";

/** Guard stations: seen alone. What is pressed is pressed there. */
export function guardAnswers({ guards, configuration }: ControlParts): AnswersTo<"GET /v1/guard-stations"> {
  return {
    "GET /v1/guard-stations": () =>
      configuration.guardStations.map(({ id, buttons }): GuardStationRow => {
        const desk = guards.find((each) => each.id === id)!;
        const guard = desk.signedIn();
        return {
          id,
          accessPoints: configuration.accessPoints.flatMap(({ id: point, opens }) => (opens.kind === "guard-station" && opens.station === id ? [point] : [])),
          guard: guard?.credential ?? null,
          leftS: guard === undefined ? null : Math.ceil(guard.leftMs / 1000),
          buttons: buttons.map(({ does, door }) => ({ does, door })),
          held: desk.held().map(({ door, leftMs, reason }) => ({ door, leftS: Math.ceil(leftMs / 1000), reason })),
        };
      }),
  };
}
