/** Seconds since 1970-01-01T00:00:00Z, integer. The only time unit that crosses a wire. */
export type UnixSeconds = number & { readonly __unit: "UnixSeconds" };
/** Milliseconds on a clock that never jumps; meaningless outside this process. */
export type MonotonicMs = number & { readonly __unit: "MonotonicMs" };

/** Brands a number as {@link UnixSeconds}; the caller vouches for unit and range. */
export const unixSeconds = (seconds: number): UnixSeconds => seconds as UnixSeconds;
/** Brands a number as {@link MonotonicMs}; the caller vouches for unit. */
export const monotonicMs = (ms: number): MonotonicMs => ms as MonotonicMs;

/** The largest value a u32 field of a pass, feed or event can hold. */
export const U32_MAX = 0xffff_ffff;
/** True for an integer in 0..2³²−1: what a u32 field may hold. NaN, fractions and text are not. */
export const isU32 = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= U32_MAX && Math.floor(value) === value;
