/** This is `npm run test:slow`, which runs each file that imports this one. */
export const IN_FULL = process.env.REWRAP_SLOW === '1';

/** How many cases a property is tried with: `many` in `npm run test:slow`, `few` at most in `npm test`. */
export const manyRuns = (many: number, few = 100): number => (IN_FULL ? many : Math.min(many, few));
