/**
 * The thin cloud. It meets the controller only in `@portico/card-protocol`, which the structure test enforces.
 * This face exports nothing yet: the list of a controller is loaded from files (`portico list load`) until the signed feed lands.
 */
export {};
