/** A number that says how bad it is. */
interface Setting {
  readonly default: number;
  readonly from: number;
  readonly to: number;
  readonly is: string;
}

/** What can be made to go wrong, each off until it is asked for. */
export const FAILURES = {
  "controller-off": { does: "the controllers are switched off: readers stay dark, no events come", settings: {} },
  "feed-cut": { does: "the line between controllers and cloud is cut: doors decide by what they hold, events wait", settings: {} },
  slow: { does: "every answer of the API comes late", settings: { ms: { default: 3_000, from: 1, to: 120_000, is: "how late, ms" } } },
  unavailable: {
    does: "the next requests are answered 503 with Retry-After, as by a proxy before the cloud",
    settings: {
      requests: { default: 3, from: 1, to: 100_000, is: "how many" },
      retryAfter: { default: 2, from: 0, to: 86_400, is: "what Retry-After says, s" },
    },
  },
  "nonce-replayed": {
    does: "the next signed requests reach the cloud twice: done the first time, answered NonceReused",
    settings: { requests: { default: 1, from: 1, to: 100_000, is: "how many" } },
  },
  "clock-skew": {
    does: "the cloud's clock is ahead (below 0: behind) where it judges signatures; the header Date tells it",
    settings: { seconds: { default: 300, from: -86_400, to: 86_400, is: "by how much, s" } },
  },
  "webhooks-refused": { does: "every webhook answers like this", settings: { status: { default: 500, from: 400, to: 599, is: "HTTP status" } } },
  "refunds-refused": { does: "the provider of top-ups hands nothing back: somebody has to see to it", settings: {} },
  "store-busy": { does: "something holds the store: whoever needs it waits", settings: {} },
} as const satisfies Readonly<Record<string, { readonly does: string; readonly settings: Readonly<Record<string, Setting>> }>>;

export type FailureName = keyof typeof FAILURES;
export const FAILURE_NAMES = Object.keys(FAILURES) as FailureName[];
export const isFailureName = (text: string): text is FailureName => Object.hasOwn(FAILURES, text);

/** How bad each failure is that is on; one with `requests` counts what is left of them. */
export type FailureSettings = Readonly<Record<string, number>>;

/** The settings of a failure, what is not said by its defaults; a text that names what is wrong. */
export function failureSettings(name: FailureName, given: Readonly<Record<string, unknown>>): FailureSettings | string {
  const known: Readonly<Record<string, Setting>> = FAILURES[name].settings;
  const stranger = Object.keys(given).find((field) => !Object.hasOwn(known, field));
  if (stranger !== undefined) {
    const fields = Object.keys(known);
    return `${stranger}: ${name} has no such setting, ${fields.length === 0 ? "and no other" : `only ${fields.join(", ")}`}`;
  }
  const settings: Record<string, number> = {};
  for (const [field, { default: usual, from, to }] of Object.entries(known)) {
    const value = given[field] ?? usual;
    if (typeof value !== "number" || !Number.isInteger(value) || value < from || value > to) return `${field}: a whole number from ${from} to ${to}`;
    settings[field] = value;
  }
  return settings;
}

/** Which failures are on. */
export class Failures {
  readonly #on = new Map<FailureName, FailureSettings>();

  /** Its settings while it is on. */
  get(name: FailureName): FailureSettings | undefined {
    return this.#on.get(name);
  }

  set(name: FailureName, settings: FailureSettings): void {
    this.#on.set(name, settings);
  }

  clear(name: FailureName): void {
    this.#on.delete(name);
  }

  /** Takes one of the requests that a failure has left; false where it is off. The last one ends it. */
  spend(name: "unavailable" | "nonce-replayed"): boolean {
    const settings = this.#on.get(name);
    if (settings === undefined) return false;
    const left = settings["requests"]! - 1;
    if (left === 0) this.#on.delete(name);
    else this.#on.set(name, { ...settings, requests: left });
    return true;
  }

  /** All that are on, in the order of the table. */
  list(): readonly { readonly failure: FailureName; readonly settings: FailureSettings }[] {
    return FAILURE_NAMES.flatMap((failure) => {
      const settings = this.#on.get(failure);
      return settings === undefined ? [] : [{ failure, settings }];
    });
  }
}
