/** A response in wire form; a member with the value null is left out by its maker. */
export type Output = Record<string, unknown>;
