import type { Configuration, InputReference, OldGrantReference } from "../configuration/configuration.ts";

/** One way that an old system may drive, and where its grants are seen. */
export interface ShadowedWay {
  /** The door, or `<turnstile>/<direction>`. */
  readonly id: string;
  /** The door or turnstile. */
  readonly place: string;
  /** Its relay or lock as an input. */
  readonly oldGrant: OldGrantReference | undefined;
  /** Where there is none: an opening of the door shows that somebody was let in. */
  readonly contact: (InputReference & { readonly closedMeans: "closed" | "open" }) | undefined;
  readonly rex: InputReference | undefined;
}

/** Every way of the doors and turnstiles that the configuration has in shadow, in the file's order. */
export function shadowedWays({ doors, turnstiles }: Pick<Configuration, "doors" | "turnstiles">): ShadowedWay[] {
  return [
    ...doors.flatMap(({ id, shadow, contact, rex }): ShadowedWay[] =>
      shadow === undefined ? [] : [{ id, place: id, oldGrant: shadow.oldGrant, contact: shadow.oldGrant === undefined ? contact : undefined, rex }],
    ),
    ...turnstiles.flatMap(({ id, shadow, entry, exit }): ShadowedWay[] =>
      (["entry", "exit"] as const).flatMap((direction) =>
        shadow === undefined || { entry, exit }[direction] === undefined
          ? []
          : [{ id: `${id}/${direction}`, place: id, oldGrant: shadow[direction], contact: undefined, rex: undefined }],
      ),
    ),
  ];
}

/** Doors and turnstiles that the old system drives: those of the configuration that nobody has cut over. */
export const placesInShadow = (configuration: Pick<Configuration, "doors" | "turnstiles">, cutOver: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...configuration.doors, ...configuration.turnstiles].flatMap(({ id, shadow }) => (shadow === undefined || cutOver.has(id) ? [] : [id])));

/** Where something shows each grant of the old system. */
export const observedWays = (ways: readonly ShadowedWay[]): ReadonlySet<string> =>
  new Set(ways.flatMap(({ id, oldGrant, contact }) => (oldGrant === undefined && contact === undefined ? [] : [id])));
