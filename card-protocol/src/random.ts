/** The only way unpredictable bytes enter this program. Real: the operating system's generator; simulated: seeded. */
export type RandomBytes = (length: number) => Uint8Array;
/** Uniform in [0, 1), for jitter and simulated people; never for keys. */
export type Random = () => number;
