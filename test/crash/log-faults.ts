import type { EventLine } from "@portico/controller";

/**
 * What is wrong in a log, from its first event on, right behind a start: events out of number, a grant without exactly one end, an end without a grant, and
 * an interrupted grant that its restart did not end, as what it is, before anybody else was let in. Empty for a good one.
 */
export function logFaults(log: readonly EventLine[]): string[] {
  const faults: string[] = [];
  /** Grants of which nobody knows yet whether somebody passed; `isOwed` once a restart came between. */
  const open = new Map<number, { isOwed: boolean }>();
  log.forEach(({ seq, name, fields }, index) => {
    if (seq !== index + 1) faults.push(`event ${seq} stands in place ${index + 1}`);
    if (name === "ControllerStarted") for (const grant of open.values()) grant.isOwed = true;
    if (name === "AccessGranted") {
      faults.push(...unended(open, `when grant ${seq} was given`));
      open.set(seq, { isOwed: false });
    }
    if (name !== "AccessTaken" && name !== "AccessNotTaken") return;
    const grantedSeq = Number(fields["grantedSeq"]);
    const grant = open.get(grantedSeq);
    open.delete(grantedSeq);
    if (grant === undefined) return void faults.push(`event ${seq}, ${name}: grant ${grantedSeq} was never given, or ended before`);
    const isRestart = name === "AccessNotTaken" && fields["cause"] === "restart";
    if (grant.isOwed !== isRestart) faults.push(`event ${seq}, ${name}: grant ${grantedSeq} was ${grant.isOwed ? "" : "not "}interrupted by a restart`);
  });
  return [...faults, ...unended(open, "at the end")];
}

const unended = (open: ReadonlyMap<number, { readonly isOwed: boolean }>, when: string): string[] =>
  [...open].filter(([, { isOwed }]) => isOwed).map(([grantedSeq]) => `grant ${grantedSeq}, interrupted by a restart, was still open ${when}`);
